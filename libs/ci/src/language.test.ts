import { describe, expect, it } from 'vitest'
import { planOf, problemsOf } from './testing/plan-of.ts'
import { readPipelineFile } from './read-file.ts'

const jobOf = (text: string, name: string) => readPipelineFile(text).file?.jobs.find((job) => job.name === name)

describe('the file', () => {
  it('is read in the time of its length, however many keys it has', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')
    const startedAt = performance.now()
    expect(readPipelineFile(text).problems).toHaveLength(100)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
  })
  it('has the stages .pre, build, test, deploy, .post, and test for a job that names none', () => {
    const { file } = readPipelineFile('a: { script: x }')
    expect(file?.stages).toEqual(['.pre', 'build', 'test', 'deploy', '.post'])
    expect(file?.jobs[0]?.stage).toBe('test')
  })
  it('is refused where it names a large parent again and again', () => {
    const parent = `.parent:\n${Array.from({ length: 5_000 }, (_, index) => ` k${index}: 1`).join('\n')}`
    const names = Array.from({ length: 1_000 }, () => '.parent').join(', ')
    const { problems } = readPipelineFile(`${parent}\na: { script: x, extends: [${names}] }`)
    expect(problems.map(({ message }) => message)).toContain('`extends` merges more than 1000000 keywords in all.')
  })
  it('takes a script as one line, a list, and lists in lists', () =>
    expect(jobOf('.x: &x [b, c]\na: { script: [a, *x, [d]] }', 'a')?.script).toEqual(['a', 'b', 'c', 'd']))
  it('takes identity tokens, those of `default` too', () => {
    const text =
      'default: { id_tokens: { A: { aud: x } } }\na: { script: x }\nb: { script: x, id_tokens: { B: { aud: [y, z] } } }'
    expect(jobOf(text, 'a')?.idTokens).toEqual({ A: ['x'] })
    expect(jobOf(text, 'b')?.idTokens).toEqual({ B: ['y', 'z'] })
  })
  it('merges with << and keeps its own keys', () =>
    expect(jobOf('.base: &base { script: [x], stage: build }\na: { <<: *base, stage: deploy }', 'a')).toMatchObject({
      script: ['x'],
      stage: 'deploy',
    }))
  it('extends deep: mappings merge, lists are replaced, the later parent wins', () => {
    const text = `
.one: { script: [one], variables: { A: "1", B: "1" } }
.two: { script: [two], variables: { B: "2" } }
a: { extends: [.one, .two], variables: { C: "3" } }
`
    expect(jobOf(text, 'a')).toMatchObject({
      script: ['two'],
      variables: { A: { value: '1' }, B: { value: '2' }, C: { value: '3' } },
    })
  })
  it('replaces !reference with what is there, also inside of a list', () =>
    expect(jobOf('.s: { script: [a, b] }\nj: { script: [!reference [.s, script], c] }', 'j')?.script).toEqual([
      'a',
      'b',
      'c',
    ]))
  it('gives defaults whole to jobs that have none of their own', () => {
    const text =
      'default: { before_script: [d], retry: 1, image: x }\na: { script: x }\nb: { script: x, before_script: [own] }'
    expect(jobOf(text, 'a')).toMatchObject({
      beforeScript: ['d'],
      retry: { max: 1 },
      notes: ['`image` is not used: jobs run on the system of the runner.'],
    })
    expect(jobOf(text, 'b')?.beforeScript).toEqual(['own'])
  })
  it('leaves hidden jobs out', () =>
    expect(readPipelineFile('.h: { script: x }\na: { script: x }').file?.jobs.map((job) => job.name)).toEqual(['a']))
  it('keeps numbers of variables as they are written', () =>
    expect(
      readPipelineFile('variables: { V: 1.10, T: { value: "x", description: "d", expand: false } }\na: { script: x }')
        .file?.variables,
    ).toEqual({ V: { value: '1.10', expand: true }, T: { value: 'x', description: 'd', expand: false } }))
  it('reads natural durations', () =>
    expect(jobOf('a: { script: x, timeout: 1h 30m, artifacts: { expire_in: 2 days } }', 'a')).toMatchObject({
      timeoutSeconds: 5_400,
      artifacts: { expireInSeconds: 172_800 },
    }))
})

describe('a wrong file is refused with line and column', () => {
  it.each([
    ['YAML that is none', 'a: [', '1:5 '],
    ['a key twice', 'a: { script: x }\na: { script: y }', '2:1 Map keys must be unique'],
    ['no mapping', '- a', '1:1 Expected a mapping'],
    ['an empty file', '', '1:1 The file is empty'],
    ['only hidden jobs', '.a: { script: x }', 'Expected at least one job'],
    ['an unknown keyword', 'a:\n  script: x\n  skript: y', '3:3 Unknown keyword `skript`'],
    ['a keyword of GitLab that we do not have', 'a:\n  script: x\n  hooks: {}', '3:3 `hooks` is not supported yet'],
    ['id_tokens without aud', 'a: { script: x, id_tokens: { A: {} } }', '1:30 `id_tokens:A` needs `aud`'],
    ['id_tokens:sub', 'a: { script: x, id_tokens: { A: { aud: x, sub: y } } }', '1:43 Unknown keyword `sub`'],
    ['id_tokens in a variable that is none', 'a: { script: x, id_tokens: { 1-A: { aud: x } } }', '`1-A` is no name'],
    ['a job without a script', 'a: { stage: test }', '1:1 The job `a` needs a `script`'],
    ['a script line that YAML reads as a mapping', 'a:\n  script:\n    - echo: hi', '3:7 Expected a command'],
    ['an unknown stage', 'a: { script: x, stage: later }', '1:24 The stage `later`'],
    [
      'needs of a job that is not there',
      'a: { script: x, needs: [b] }',
      '1:25 The job `a` needs `b`, which is not in the file',
    ],
    ['needs of a later stage', 'a: { script: x, stage: build, needs: [b] }\nb: { script: x }', 'of a later stage'],
    ['needing itself', 'a: { script: x, needs: [a] }', 'needs itself'],
    [
      'dependencies that are no needs',
      'a: { script: x }\nb: { script: x }\nc: { script: x, stage: deploy, needs: [a], dependencies: [b] }',
      'not in the `needs`',
    ],
    ['extends of nothing', 'a: { extends: .x, script: x }', "1:15 `extends` names '.x'"],
    [
      'extends in a circle',
      '.a: { extends: .b }\n.b: { extends: .a }\nj: { extends: .a, script: x }',
      'runs in a circle',
    ],
    ['a reference to nothing', 'a: { script: [!reference [.x, script]] }', 'leads to nothing'],
    [
      'a reference in a circle',
      '.a: { script: [!reference [.a, script]] }\nj: { script: [!reference [.a, script]] }',
      'runs in a circle',
    ],
    [
      'an expression that is none',
      'a:\n  script: x\n  rules:\n    - if: $A = 1',
      '4:11 The expression of `if` is not valid at its character 4',
    ],
    ['retry of 3', 'a: { script: x, retry: 3 }', '1:24 Expected a whole number from 0 to 2'],
    ['a duration that is none', 'a: { script: x, timeout: soon }', '1:26 Expected a duration'],
    ['a path out of the project', 'a: { script: x, artifacts: { paths: [../x] } }', 'leads out of it'],
    ['a name no shell knows', 'variables: { A-B: x }\na: { script: x }', '1:14 `A-B` is no name for a variable'],
  ])('%s', (_what, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected)
  })

  it('all problems are told at once', () =>
    expect(problemsOf('a: { script: x, retry: 9, x: 1 }\nb: { stage: none }')).toHaveLength(4))
  it('aliases that grow without end are refused, quickly', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `.l${level + 1}: &l${level + 1} [*l${level}, *l${level}, *l${level}]`,
    )
    const startedAtMs = performance.now()
    expect(problemsOf(`.l0: &l0 [x, x]\n${levels.join('\n')}\na: { script: *l30 }`).join()).toContain(
      'more than 200000 values',
    )
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  })
  it('extends that multiply are refused, quickly', () => {
    const levels = Array.from(
      { length: 10 },
      (_, level) => `.l${level + 1}: { extends: [${Array(9).fill(`.l${level}`).join(', ')}] }`,
    )
    expect(problemsOf(`.l0: { script: x }\n${levels.join('\n')}\na: { extends: .l10 }`).join()).toContain(
      'more than 20000 merges',
    )
  })
  it('12 levels of extends are one too many', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `.l${level + 1}: { extends: .l${level} }`)
    expect(problemsOf(`.l0: { script: x }\n${levels.join('\n')}\na: { extends: .l12 }`).join()).toContain(
      'deeper than 11',
    )
  })
})

const names = (text: string, facts = {}) => planOf(text, facts).jobs.map((job) => job.name)

describe('rules', () => {
  it('the first that matches decides', () => {
    const plan = planOf(
      'a: { script: x, rules: [{ if: $CI_COMMIT_BRANCH == "main", when: manual, variables: { V: r } }, { when: never }] }',
    )
    expect(plan.jobs[0]).toMatchObject({
      when: 'manual',
      allowFailure: false,
      variables: { V: { value: 'r' } },
      reason: 'rule 1 (if: $CI_COMMIT_BRANCH == "main") matched',
    })
  })
  it('without a match, or with never, the job is out and the reason said', () => {
    const text =
      'a: { script: x, rules: [{ if: $NO }] }\nb: { script: x, rules: [{ if: $CI, when: never }] }\nc: { script: x }'
    expect(planOf(text).excluded).toEqual([
      { name: 'a', stage: 'test', reason: 'no rule matched' },
      { name: 'b', stage: 'test', reason: 'rule 1 (if: $CI) matched and says never' },
    ])
  })
  it('a match without `when` takes that of the job', () =>
    expect(planOf('a: { script: x, when: always, rules: [{ if: $CI }] }').jobs[0]?.when).toBe('always'))
  it('changes holds where there is nothing to compare with, and not when nothing changed', () => {
    const text = 'a: { script: x, rules: [{ changes: [src/**/*.ts] }] }\nb: { script: x }'
    expect(names(text)).toEqual(['a', 'b'])
    expect(names(text, { changedPaths: [] })).toEqual(['b'])
    expect(names(text, { changedPaths: ['src/a/b.ts'] })).toEqual(['a', 'b'])
    expect(names(text, { changedPaths: ['src/a/b.js'] })).toEqual(['b'])
  })
  it('all clauses of a rule must hold', () =>
    expect(
      names('a: { script: x, rules: [{ if: $CI, exists: [Dockerfile] }] }\nb: { script: x }', {
        files: ['Dockerfile'],
      }),
    ).toEqual(['a', 'b']))
  it('workflow decides about the whole pipeline, and its variables reach the rules of jobs', () => {
    const text =
      'workflow: { rules: [{ if: $CI_COMMIT_TAG, when: never }, { if: $CI, variables: { KIND: full } }] }\na: { script: x, rules: [{ if: $KIND == "full" }] }'
    expect(names(text)).toEqual(['a'])
    expect(planOf(text, { ref: 'refs/tags/v1' }).runs).toBe(false)
  })
  it('rules see predefined, file and given variables, the given ones winning', () => {
    const text =
      'variables: { LEVEL: low }\na: { script: x, rules: [{ if: $LEVEL == "high" && $CI_COMMIT_REF_NAME == $CI_DEFAULT_BRANCH }] }\nb: { script: x }'
    expect(names(text)).toEqual(['b'])
    expect(names(text, { variables: { LEVEL: 'high' } })).toEqual(['a', 'b'])
  })
  it('a tag has CI_COMMIT_TAG and no CI_COMMIT_BRANCH', () =>
    expect(
      names('a: { script: x, rules: [{ if: $CI_COMMIT_TAG == "v1" && $CI_COMMIT_BRANCH == null }] }', {
        ref: 'refs/tags/v1',
      }),
    ).toEqual(['a']))
})

describe('the plan', () => {
  it('a manual job of its own is optional, one of a rule blocks', () => {
    const plan = planOf(
      'a: { script: x, when: manual }\nb: { script: x, rules: [{ when: manual }] }\nc: { script: x, when: manual, allow_failure: false }',
    )
    expect(plan.jobs.map((job) => job.allowFailure)).toEqual([true, false, false])
  })
  it('a need that the rules left out is a mistake, unless it is optional', () => {
    const text = (need: string) => `a: { script: x, rules: [{ if: $NO }] }\nb: { script: x, needs: [${need}] }`
    expect(planOf(text('a')).problems).toMatchObject([
      { line: 2, column: 25, message: expect.stringContaining('no rule matched') },
    ])
    expect(planOf(text('{ job: a, optional: true }')).jobs[0]?.needs).toEqual([])
  })
  it('needs in a circle are a mistake', () =>
    expect(planOf('a: { script: x, needs: [b] }\nb: { script: x, needs: [a] }').problems[0]?.message).toContain(
      'in a circle',
    ))
  it('rules:needs replace the needs of the job', () =>
    expect(planOf('a: { script: x }\nb: { script: x, rules: [{ needs: [a] }] }').jobs[1]?.needs).toEqual([
      { job: 'a', artifacts: true },
    ]))
  it('nothing but .pre and .post is no pipeline', () =>
    expect(planOf('a: { script: x, stage: .pre }').runs).toBe(false))
  it('variables in a circle are a mistake', () =>
    expect(planOf('a: { script: x, variables: { A: $B, B: $A } }').problems[0]?.message).toContain('A -> B -> A'))
  it('1,000 jobs with two patterns each are planned within 300 ms', () => {
    const jobs = Array.from(
      { length: 1_000 },
      (_, index) =>
        `j${index}: { script: x, rules: [{ if: $CI_COMMIT_BRANCH =~ /^release-${index}/ }, { if: $CI_COMMIT_BRANCH =~ /^ma.n$/ }] }`,
    )
    planOf(jobs.slice(0, 50).join('\n'))
    const startedAtMs = performance.now()
    expect(planOf(jobs.join('\n')).jobs).toHaveLength(1_000)
    expect(performance.now() - startedAtMs).toBeLessThan(1_500)
  })
})

describe('when: delayed', () => {
  it('has its time, of the job or of the rule that matched', () => {
    const text = 'a: { script: x, when: delayed, start_in: 30 minutes }\nb: { script: x, rules: [{ when: delayed, start_in: 2h }] }' // prettier-ignore
    expect(planOf(text).jobs.map(({ when, startInSeconds }) => [when, startInSeconds])).toEqual([
      ['delayed', 1_800],
      ['delayed', 7_200],
    ])
  })

  it.each([
    ['no time', 'a: { script: x, when: delayed }', '`when: delayed` takes `start_in`'],
    ['no time in a rule', 'a: { script: x, rules: [{ when: delayed }] }', '`when: delayed` takes `start_in`'],
    ['a time without it', 'a: { script: x, start_in: 1h }', '`start_in` stands beside `when: delayed` only'],
    ['more than a week', 'a: { script: x, when: delayed, start_in: 8 days }', '168 hours at the most'],
  ])('is refused with %s', (_what, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected)
  })
})
