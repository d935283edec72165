// SPDX-License-Identifier: MIT
import org.apache.commons.text.StringSubstitutor
import org.apache.commons.text.lookup.StringLookup
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.yaml.snakeyaml.Yaml

/**
 * Fills in jenkins.yaml from settings, secret files and Vault, by the library that Jenkins' plug-in
 * configuration-as-code does it with, set up as the plug-in does. The plug-in is not on Maven Central.
 */
class ControllerTest {

    private static final String FOLDER = 'deploy/jenkins/controller'
    private static final String MOUNT = '/run/secrets/'
    private static final List<String> REQUIRED = [
        'admin-password', 'agent-key', 'agent-host-key', 'webhook-secret', 'github-token',
    ]

    // JUnit wants it public.
    @Rule
    @SuppressWarnings('PublicInstanceField')
    public final TemporaryFolder secrets = new TemporaryFolder()

    private final Map<String, String> settings = [:]
    private final Map<String, String> vault = [:]
    private final List<String> missing = []

    @Before
    void readExample() {
        new File(FOLDER, 'settings.env.example').eachLine { line ->
            if (line =~ /^[A-Z]/) {
                settings.put(*line.split('=', 2))
            }
        }
        REQUIRED.each { name -> put(name, "value-of-${name}\n") }
    }

    @Test
    void whatIsRequiredIsEnough() {
        Map filled = fill()
        assert missing.empty
        assert filled.unclassified.location.url == 'https://ci.triage.example/'
        assert filled.unclassified.mailer.smtpPort == '587'
        assert filled.jenkins.securityRealm.local.users[0].password == 'value-of-admin-password'
        assert filled.jenkins.globalNodeProperties[0].envVars.env[1] == [key: 'VAULT_ADDR', value: '']
        assert filled.jenkins.nodes[0].permanent.launcher.ssh.port == '22'
        assert credential(filled, 'triage-registry').password == ''
        assert credential(filled, 'triage-kubeconfig').secretBytes == ''
    }

    @Test
    void eachThatIsMissingStopsTheStart() {
        REQUIRED.each { name ->
            assert new File(secrets.root, name).delete()
            missing.clear()
            fill()
            assert missing.toString().contains(name)
            put(name, 'back')
        }
        // Those that only the job reads are found missing by Groovy.
        List<String> ofTheJob = ['TRIAGE_GITHUB_OWNER', 'TRIAGE_GITHUB_REPOSITORY']
        (settings.keySet() - ofTheJob).each { name ->
            String value = settings.remove(name)
            missing.clear()
            fill()
            assert missing, "${name} was not missed"
            settings[name] = value
        }
    }

    @Test
    void keysKeepTheirLineEndsAndFilesTheirBytes() {
        put('agent-key', '-----BEGIN KEY-----\nabc:-def\n-----END KEY-----\n')
        put('kubeconfig', 'apiVersion: v1\n')
        put('registry-password', 'with:-and}and"\n')
        settings.TRIAGE_REGISTRY = 'registry.example/team'
        Map filled = fill()
        assert credential(filled, 'triage-agent').privateKeySource.directEntry.privateKey ==
            '-----BEGIN KEY-----\nabc:-def\n-----END KEY-----\n'
        assert new String(credential(filled, 'triage-kubeconfig').secretBytes.decodeBase64()) == 'apiVersion: v1\n'
        assert credential(filled, 'triage-registry').password == 'with:-and}and"'
        assert credential(filled, 'triage-registry-url').secret == 'registry.example/team'
    }

    @Test
    void mailMayComeFromVault() {
        settings.keySet().removeAll(['SMTP_HOST', 'TRIAGE_MAIL_FROM'])
        [host: 'mail.example', port: '465', username: 'robot', password: 'of:-vault', from: 'ci@vault.example'].each {
            name, value -> vault["secret/triage/smtp/${name}".toString()] = value
        }
        Map filled = fill()
        assert missing.empty
        assert filled.unclassified.location.adminAddress == 'ci@vault.example'
        assert filled.unclassified.mailer.smtpHost == 'mail.example'
        assert filled.unclassified.mailer.smtpPort == '465'
        assert filled.unclassified.mailer.authentication == [username: 'robot', password: 'of:-vault']
    }

    private static Map credential(Map filled, String id) {
        filled.credentials.system.domainCredentials[0].credentials*.values()*.first().find { one -> one.id == id }
    }

    private static StringSubstitutor substitutor(Closure<String> body) {
        StringSubstitutor made = new StringSubstitutor(body as StringLookup)
        made.escapeChar = '^' as char
        made.enableSubstitutionInVariables = true
        made.preserveEscapes = true
        made
    }

    private void put(String name, String text) {
        new File(secrets.root, name).text = text
    }

    private Map fill() {
        Map read = new Yaml().load(new File(FOLDER, 'jenkins.yaml').text)
        filled(read, substitutor { key -> find(key) }, substitutor { key ->
            missing << key
            ''
        })
    }

    private Object filled(Object node, StringSubstitutor known, StringSubstitutor rest) {
        switch (node) {
            case Map: return node.collectEntries { key, value -> [key, filled(value, known, rest)] }
            case List: return node.collect { value -> filled(value, known, rest) }
            case String: return rest.replace(known.replace(node))
            default: return node
        }
    }

    /** What stands in for a name: a variable, a file of its name without the white space around it, Vault. */
    private String find(String key) {
        List<String> parts = key.split(':', 2)
        if (parts.size() == 2) {
            File file = new File(secrets.root, parts[1] - MOUNT)
            if (!file.file) {
                return null
            }
            return parts[0] == 'readFile' ? file.text : file.bytes.encodeBase64().toString()
        }
        File file = new File(secrets.root, key)
        settings[key] ?: (file.file ? file.text.trim() : vault[key])
    }

}
