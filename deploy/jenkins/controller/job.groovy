// SPDX-License-Identifier: MIT
// The job: a pipeline for each branch and each pull request from within the repository. Those from
// forks are left out, because their Jenkinsfile could ask for the credentials.
multibranchPipelineJob('triage') {
    displayName('Triage')
    branchSources {
        branchSource {
            source {
                github {
                    // Names the source in what Jenkins has stored: it must never change.
                    id('triage')
                    repoOwner(TRIAGE_GITHUB_OWNER)
                    repository(TRIAGE_GITHUB_REPOSITORY)
                    repositoryUrl("https://github.com/${TRIAGE_GITHUB_OWNER}/${TRIAGE_GITHUB_REPOSITORY}")
                    configuredByUrl(false)
                    credentialsId('triage-github')
                    traits {
                        // 1: branches that are not pull requests as well; 1: pull requests as merged.
                        gitHubBranchDiscovery { strategyId(1) }
                        gitHubPullRequestDiscovery { strategyId(1) }
                    }
                }
            }
            strategy {
                defaultBranchPropertyStrategy { props { } }
            }
        }
    }
    factory {
        workflowBranchProjectFactory { scriptPath('Jenkinsfile') }
    }
    // The webhook is what starts builds; this finds what a lost one would have told.
    triggers {
        periodicFolderTrigger { interval('1d') }
    }
    orphanedItemStrategy {
        discardOldItems { numToKeep(10) }
    }
}
