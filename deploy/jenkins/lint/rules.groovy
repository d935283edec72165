// SPDX-License-Identifier: MIT
// The rules that the Groovy files keep: all that CodeNarc has for the language, for Jenkins and for
// JUnit, but for those that are left out here with a reason.
ruleset {
    ['basic', 'braces', 'comments', 'concurrency', 'design', 'exceptions', 'generic', 'groovyism', 'imports',
     'jenkins', 'junit', 'logging', 'naming', 'security', 'serialization', 'unnecessary',
     'unused'].each { name -> ruleset("rulesets/${name}.xml".toString()) }
    ruleset('rulesets/convention.xml') {
        // Pipelines, jobs and rules are made of words that Groovy looks up when they run.
        exclude 'CompileStatic'
        // It wants the word that UnnecessaryReturnKeyword wants to be left out.
        exclude 'ImplicitReturnStatement'
    }
    // To Groovy a pipeline or a job is one method of nested blocks that say similar things.
    ruleset('rulesets/dry.xml') {
        ['DuplicateStringLiteral', 'DuplicateNumberLiteral', 'DuplicateMapLiteral'].each { name ->
            "${name}"(doNotApplyToFileNames: 'Jenkinsfile,job.groovy,rules.groovy')
        }
    }
    ruleset('rulesets/size.xml') {
        AbcMetric(doNotApplyToFileNames: 'Jenkinsfile')
        NestedBlockDepth(doNotApplyToFileNames: 'Jenkinsfile,job.groovy')
    }
    ruleset('rulesets/formatting.xml') {
        // Its default is no space behind a colon.
        SpaceAroundMapEntryColon(characterAfterColonRegex: /\s/)
    }
}
