// SPDX-License-Identifier: MIT
import com.lesfurets.jenkins.unit.BasePipelineTest
import org.junit.Before
import org.junit.Test

/**
 * Runs the Jenkinsfile with its steps replaced by records of what they were asked. A real Jenkins is
 * not started: it is not on Maven Central.
 */
class JenkinsfileTest extends BasePipelineTest {

    private static final String COMMIT = 'abc123abc123'
    // Stands for each secret's value, followed by the name of its variable.
    private static final String SECRET = 'hush-hush-'
    private static final String RESULTS = 'build-ci/jenkins/meson-logs/testlog.junit.xml'
    private static final String COVERAGE = 'build-ci/jenkins/coverage.xml'
    private static final String BILLS = 'build-ci/sbom/*.spdx.json'
    private static final String PUSH = 'deploy/jenkins/push'
    private static final String DEPLOY = 'deploy/jenkins/deploy'
    private static final String CLEAN_UP = 'deploy/jenkins/clean_up'
    private static final String VAULT = 'https://vault.example:8200'
    private static final List<String> ALL = ['Checkout', 'Build and test', 'Images', 'Push', 'Deploy']

    private final List<String> stages = []
    private final List<String> shells = []
    private final List<Map> mails = []
    private final List<String> archived = []
    private final List<String> options = []
    private final List<Map> vaults = []
    private final List<String> credentials = []
    /** For each command, the secrets that its environment had. */
    private final Map<String, Set<String>> secretsOf = [:]
    private final Map<String, String> env = [
        BRANCH_NAME: 'main', BUILD_NUMBER: '7', BUILD_URL: 'http://ci/7', TRIAGE_MAIL_TO: 'team@triage.example',
    ]
    private final Map<String, String> build = [currentResult: 'SUCCESS']
    private String failing = ''
    private String resultOfFailure = 'FAILURE'
    private boolean isSkipped
    private Throwable failure
    // The blocks of `post` run when the outcome of their stage or pipeline is known.
    private Map<String, Closure> post
    // What a scope does; `post` stands behind it in the file, and has to be known before.
    private Closure work

    @Override
    @Before
    void setUp() {
        scriptRoots = ['.'] as String[]
        scriptExtension = ''
        super.setUp()
        binding.setVariable('env', env)
        binding.setVariable('scm', [:])
        binding.setVariable('currentBuild', build)
        addSyntax()
        addOptions()
        addSecrets()
        addSteps()
    }

    @Test
    void stagesRunInTheirOrder() {
        play()
        assert failure == null
        assert stages == ALL
        assert options.containsAll(['githubPush', 'disableConcurrentBuilds', 'timestamps', 'timeout'])
        assert env.TRIAGE_TAG == COMMIT
    }

    @Test
    void whatTheTestsSayIsKept() {
        play()
        assert archived == [RESULTS, COVERAGE, BILLS]
    }

    @Test
    void successIsMailedOnce() {
        play()
        assert mails.size() == 1
        assert mails[0].to == 'team@triage.example'
        assert mails[0].subject == 'Triage main #7: success'
        assert mails[0].body.contains('http://ci/7') && mails[0].body.contains(COMMIT)
        assert shells[-2..-1] == [CLEAN_UP, 'deleteDir']
    }

    @Test
    void aFailureStopsIsMailedAndCleanedUp() {
        ['build_and_test': 2, 'docker/build': 3, (PUSH): 4, (DEPLOY): 5].each { step, n ->
            failsAt(step)
            assert stages == ALL.take(n)
            assert mails.size() == 1
            assert mails[0].subject.endsWith(': failure')
            assert shells[-2..-1] == [CLEAN_UP, 'deleteDir']
        }
    }

    @Test
    void aBuildThatRanOutOfTimeIsMailed() {
        resultOfFailure = 'ABORTED'
        failsAt('docker/build')
        assert mails*.subject == ['Triage main #7: aborted']
    }

    @Test
    void aFailedCheckoutIsMailedAndCleanedUp() {
        failsAt('checkout')
        assert stages == ALL.take(1)
        assert mails.size() == 1
        assert mails[0].body.endsWith('commit unknown')
        assert shells == ['deleteDir']
    }

    @Test
    void failedTestsAreStillReported() {
        failsAt('build_and_test')
        assert archived == [RESULTS]
    }

    @Test
    void otherBranchesAreNotPushedOrDeployed() {
        ['idea', 'PR-1', 'main-2', ''].each { branch ->
            env.BRANCH_NAME = branch
            reset()
            play()
            assert failure == null
            assert stages == ALL.take(3)
            assert !shells.contains(PUSH) && !shells.contains(DEPLOY)
            assert credentials.empty && vaults.empty
            assert mails.size() == 1
        }
    }

    @Test
    void withoutVaultSecretsAreJenkinsOwn() {
        play()
        assert vaults.empty
        assert credentials == ['triage-registry-url', 'triage-registry', 'triage-kubeconfig', 'triage-registry-url']
        assert secretsOf[PUSH] == ['REGISTRY', 'REGISTRY_USER', 'REGISTRY_PASSWORD'] as Set
        assert secretsOf[DEPLOY] == ['REGISTRY', 'KUBECONFIG'] as Set
    }

    @Test
    void withVaultSecretsAreItsOwn() {
        env.VAULT_ADDR = VAULT
        play()
        assert credentials.empty
        assert vaults*.configuration.every { where ->
            where == [vaultUrl: VAULT, vaultCredentialId: 'triage-vault', engineVersion: 2]
        }
        assert vaults*.vaultSecrets*.first()*.path ==
            ['secret/triage/registry', 'secret/triage/kubeconfig', 'secret/triage/registry']
        assert vaults[0].vaultSecrets[0].secretValues*.vaultKey == ['url', 'username', 'password']
        assert vaults[1].vaultSecrets[0].secretValues*.vaultKey == ['config']
        assert secretsOf[PUSH] == ['REGISTRY', 'REGISTRY_USER', 'REGISTRY_PASSWORD'] as Set
        assert secretsOf[DEPLOY] == ['REGISTRY', 'KUBECONFIG_TEXT'] as Set
    }

    /**
     * Jenkins masks what is printed. A secret that Groovy puts into a command, a mail or the name of a
     * file is out of its reach, and one that the steps without need for it can read is one too many.
     */
    @Test
    void secretsStayInTheVariablesOfTheirSteps() {
        ['', VAULT].each { vault ->
            ['', PUSH, DEPLOY].each { step ->
                env.VAULT_ADDR = vault
                reset()
                failing = step
                play()
                assert shells.contains(PUSH)
                assert ![shells, mails, archived, stages].toString().contains(SECRET)
                secretsOf.each { command, names -> assert names.empty || command in [PUSH, DEPLOY] }
                assert !env.values().any { value -> value?.contains(SECRET) }
            }
        }
    }

    private void reset() {
        [stages, shells, mails, archived, options, vaults, credentials]*.clear()
        secretsOf.clear()
        env.remove('TRIAGE_TAG')
        build.currentResult = 'SUCCESS'
        failure = null
    }

    private void failsAt(String step) {
        reset()
        failing = step
        play()
        assert failure != null
    }

    private void play() {
        try {
            runScript('Jenkinsfile')
        } catch (StepFailed e) {
            failure = e
        }
    }

    private void perform(String step) {
        if (failing && step.contains(failing)) {
            throw new StepFailed(step)
        }
    }

    /** What a stage and a pipeline have in common: a body, then `post` by its outcome. */
    private void scope(Closure body) {
        Map outer = post
        post = [:]
        StepFailed mine = null
        Map blocks = post
        try {
            body()
            Closure mineToDo = work
            work = null
            mineToDo?.call()
        } catch (StepFailed e) {
            mine = e
            build.currentResult = resultOfFailure
        }
        post = outer
        List<String> due = ['always', mine ? 'unsuccessful' : 'success', 'cleanup']
        if (mine && resultOfFailure == 'FAILURE') {
            due.add(1, 'failure')
        }
        due.each { name -> blocks[name]?.call() }
        if (mine) {
            throw mine
        }
    }

    private void allow(String name, List<Class> arguments, Closure body) {
        helper.registerAllowedMethod(name, arguments, body)
    }

    private void addSyntax() {
        ['agent', 'triggers', 'options', 'script', 'post', 'when'].each { name ->
            allow(name, [Closure]) { body -> body() }
        }
        ['always', 'success', 'failure', 'unsuccessful', 'cleanup'].each { name ->
            allow(name, [Closure]) { body -> post[name] = body }
        }
        allow('pipeline', [Closure]) { body -> scope(body) }
        allow('stages', [Closure]) { body -> work = body }
        allow('stage', [String, Closure]) { name, body ->
            isSkipped = false
            scope {
                stages << name
                body()
            }
            if (isSkipped) {
                stages.remove(name)
            }
        }
        allow('branch', [String]) { name -> isSkipped = env.BRANCH_NAME != name }
        allow('steps', [Closure]) { body ->
            if (!isSkipped) {
                work = body
            }
        }
        allow('label', [String]) { name -> assert name == 'docker' }
    }

    private void addOptions() {
        ['githubPush', 'disableConcurrentBuilds', 'timestamps'].each { name ->
            allow(name, []) { options << name }
        }
        allow('timeout', [Map]) { limit -> options << 'timeout' }
        allow('logRotator', [Map]) { kept -> kept }
        allow('buildDiscarder', [Map]) { kept -> options << 'buildDiscarder' }
    }

    /** Variables that are set while a closure runs, and their values in no other place. */
    private void holding(List<String> variables, Closure body) {
        variables.each { name -> env[name] = SECRET + name }
        try {
            body()
        } finally {
            variables.each { name -> env.remove(name) }
        }
    }

    private void addSecrets() {
        ['string', 'file', 'usernamePassword'].each { name ->
            allow(name, [Map]) { binding -> binding }
        }
        allow('withCredentials', [List, Closure]) { bindings, body ->
            credentials.addAll(bindings*.credentialsId)
            holding(bindings.collectMany { binding ->
                binding.findAll { key, value -> key =~ /ariable$/ }.values()
            }, body)
        }
        allow('withVault', [Map, Closure]) { request, body ->
            vaults << request
            holding(request.vaultSecrets.collectMany { secret -> secret.secretValues*.envVar }, body)
        }
    }

    private void addSteps() {
        allow('checkout', [Map]) { source -> perform('checkout') }
        allow('fileExists', [String]) { path -> failing != 'checkout' }
        allow('deleteDir', []) { shells << 'deleteDir' }
        allow('junit', [String]) { path -> archived << path }
        allow('archiveArtifacts', [Map]) { what -> archived << what.artifacts }
        allow('mail', [Map]) { message -> mails << message }
        allow('sh', [Map]) { request -> "${COMMIT}\n".toString() }
        allow('sh', [String]) { command ->
            shells << command
            secretsOf[command] = env.findAll { name, value -> value?.contains(SECRET) }.keySet() as Set
            perform(command)
        }
    }

    private static class StepFailed extends RuntimeException {

        StepFailed(String step) {
            super("${step}: exit code 1")
        }

    }

}
