// SPDX-License-Identifier: MIT
// Runs the Jenkinsfile with its steps replaced by records of what they were asked. A real Jenkins is
// not started: it is not on Maven Central.
import static org.junit.Assert.*

import com.lesfurets.jenkins.unit.BasePipelineTest
import org.junit.Before
import org.junit.Test

class JenkinsfileTest extends BasePipelineTest {
    List<String> stages = []
    List<String> shells = []
    List<Map> mails = []
    List<String> archived = []
    List<String> options = []
    List vaults = []
    List credentials = []
    Map env = [BRANCH_NAME: 'main', BUILD_NUMBER: '7', BUILD_URL: 'http://ci/7', TRIAGE_MAIL_TO: 'team@triage.example']
    String failing = ''
    boolean isSkipped
    Throwable failure
    // The blocks of `post` run when the outcome of their stage or pipeline is known.
    Map<String, Closure> post
    // What a scope does; `post` stands behind it in the file, and has to be known before.
    Closure work


    /** What a stage and a pipeline have in common: a body, then `post` by its outcome. */
    private void scope(Closure body) {
        Map outer = post
        post = [:]
        Throwable mine = null
        Map blocks = post
        try {
            body()
            Closure mineToDo = work
            work = null
            mineToDo?.call()
        } catch (Throwable e) {
            mine = e
        }
        post = outer
        blocks.always?.call()
        (mine ? blocks.failure : blocks.success)?.call()
        blocks.cleanup?.call()
        if (mine) {
            throw mine
        }
    }

    @Override
    @Before
    void setUp() {
        scriptRoots = ['.'] as String[]
        scriptExtension = ''
        super.setUp()
        binding.setVariable('env', env)
        binding.setVariable('scm', [:])
        ['agent', 'triggers', 'options', 'script'].each { name ->
            helper.registerAllowedMethod(name, [Closure]) { body -> body() }
        }
        ['always', 'success', 'failure', 'cleanup'].each { name ->
            helper.registerAllowedMethod(name, [Closure]) { body -> post[name] = body }
        }
        helper.registerAllowedMethod('post', [Closure]) { body -> body() }
        helper.registerAllowedMethod('pipeline', [Closure]) { body -> scope(body) }
        helper.registerAllowedMethod('stage', [String, Closure]) { name, body ->
            isSkipped = false
            scope {
                stages << name
                body()
            }
            if (isSkipped) {
                stages.remove(name)
            }
        }
        helper.registerAllowedMethod('when', [Closure]) { body -> body() }
        helper.registerAllowedMethod('branch', [String]) { name -> isSkipped = env.BRANCH_NAME != name }
        helper.registerAllowedMethod('steps', [Closure]) { body ->
            if (!isSkipped) {
                work = body
            }
        }
        helper.registerAllowedMethod('stages', [Closure]) { body -> work = body }
        helper.registerAllowedMethod('label', [String]) { }
        ['githubPush', 'disableConcurrentBuilds'].each { name ->
            helper.registerAllowedMethod(name, []) { options << name }
        }
        helper.registerAllowedMethod('timeout', [Map]) { options << 'timeout' }
        helper.registerAllowedMethod('logRotator', [Map]) { it }
        helper.registerAllowedMethod('buildDiscarder', [Map]) { }
        helper.registerAllowedMethod('checkout', [Map]) { }
        helper.registerAllowedMethod('deleteDir', []) { shells << 'deleteDir' }
        helper.registerAllowedMethod('junit', [String]) { archived << it }
        helper.registerAllowedMethod('archiveArtifacts', [Map]) { archived << it.artifacts }
        helper.registerAllowedMethod('mail', [Map]) { mails << it }
        helper.registerAllowedMethod('string', [Map]) { it }
        helper.registerAllowedMethod('file', [Map]) { it }
        helper.registerAllowedMethod('usernamePassword', [Map]) { it }
        helper.registerAllowedMethod('withCredentials', [List, Closure]) { list, body ->
            credentials.addAll(list*.credentialsId)
            body()
        }
        helper.registerAllowedMethod('withVault', [Map, Closure]) { map, body ->
            vaults << map
            body()
        }
        helper.registerAllowedMethod('sh', [Map]) { 'abc123abc123\n' }
        helper.registerAllowedMethod('sh', [String]) { command ->
            shells << command
            if (failing && command.contains(failing)) {
                throw new IllegalStateException('exit code 1')
            }
        }
    }

    private void play() {
        try {
            runScript('Jenkinsfile')
        } catch (Throwable e) {
            failure = e
        }
    }

    @Test
    void stagesRunInTheirOrder() {
        play()
        assertNull(failure)
        assertEquals(['Checkout', 'Build and test', 'Images', 'Push', 'Deploy'], stages)
        assertTrue(options.containsAll(['githubPush', 'disableConcurrentBuilds', 'timeout']))
        assertEquals('abc123abc123', env.TRIAGE_TAG)
        assertTrue(archived.containsAll(['build-ci/jenkins/meson-logs/testlog.junit.xml',
                                         'build-ci/jenkins/coverage.xml', 'build-ci/sbom/*.spdx.json']))
    }

    @Test
    void successIsMailedOnce() {
        play()
        assertEquals(1, mails.size())
        assertEquals('team@triage.example', mails[0].to)
        assertTrue(mails[0].subject.endsWith('success'))
        assertEquals(['deploy/jenkins/clean_up', 'deleteDir'], shells[-2..-1])
    }

    @Test
    void aFailureStopsIsMailedAndCleanedUp() {
        ['build_and_test': 2, 'docker/build': 3, 'jenkins/push': 4, 'jenkins/deploy': 5].each { step, n ->
            [stages, shells, mails]*.clear()
            failing = step
            failure = null
            play()
            assertNotNull(step, failure)
            assertEquals(step, n, stages.size())
            assertEquals(step, 1, mails.size())
            assertTrue(mails[0].subject.endsWith('failure'))
            assertEquals('deleteDir', shells[-1])
        }
    }

    @Test
    void failedTestsAreStillReported() {
        failing = 'build_and_test'
        play()
        assertTrue(archived.contains('build-ci/jenkins/meson-logs/testlog.junit.xml'))
    }

    @Test
    void otherBranchesAreNotPushedOrDeployed() {
        env.BRANCH_NAME = 'idea'
        play()
        assertNull(failure)
        assertEquals(['Checkout', 'Build and test', 'Images'], stages)
        assertFalse(shells.any { it =~ /push|jenkins.deploy$/ })
        assertTrue(credentials.empty && vaults.empty)
        assertEquals(1, mails.size())
    }

    @Test
    void withoutVaultSecretsAreJenkinsOwn() {
        play()
        assertTrue(vaults.empty)
        assertTrue(credentials.containsAll(['triage-registry', 'triage-registry-url', 'triage-kubeconfig']))
    }

    @Test
    void withVaultSecretsAreItsOwn() {
        env.VAULT_ADDR = 'https://vault.example:8200'
        play()
        assertTrue(credentials.empty)
        assertEquals(['secret/triage/registry', 'secret/triage/kubeconfig', 'secret/triage/registry'],
                     vaults*.vaultSecrets*.getAt(0)*.path)
        assertEquals(['url', 'username', 'password'], vaults[0].vaultSecrets[0].secretValues*.vaultKey)
    }

    /** Masking works on variables of the shell: a secret that Groovy puts into a command is not masked. */
    @Test
    void noSecretStandsInACommand() {
        assertTrue(new File('Jenkinsfile').readLines().findAll { it =~ /\bsh\b/ }.every { !it.contains('"') })
        ['push', 'deploy', 'build_and_test'].each { name ->
            String text = new File("deploy/jenkins/${name}").text
            assertFalse(name, text.contains('set -x') || text =~ /--password[ =]/)
        }
    }
}
