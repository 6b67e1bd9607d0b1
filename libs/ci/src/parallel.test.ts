import { describe, expect, it } from 'vitest'
import { planOf, problemsOf } from './testing/plan-of.ts'

const names = (text: string) => planOf(text).jobs.map(({ name }) => name)
const jobOf = (text: string, name: string) => planOf(text).jobs.find((job) => job.name === name)

describe('parallel', () => {
  it('makes as many jobs, each knowing which it is', () => {
    expect(names('a: { script: x, parallel: 3 }')).toEqual(['a 1/3', 'a 2/3', 'a 3/3'])
    expect(jobOf('a: { script: x, parallel: 3 }', 'a 2/3')).toMatchObject({ group: 'a', node: { index: 2, total: 3 } })
  })

  it('takes 1 to 200', () => {
    expect(problemsOf('a: { script: x, parallel: 201 }')).toEqual(['1:27 Expected a whole number from 1 to 200 for `parallel`.']) // prettier-ignore
  })

  it('makes a job for each permutation of a matrix, named by its values, which are its variables', () => {
    const text = 'a: { script: x, parallel: { matrix: [{ OS: [linux, macos], ARCH: [arm, x64] }, { OS: windows }] } }'
    expect(names(text)).toEqual(['a: [linux, arm]', 'a: [linux, x64]', 'a: [macos, arm]', 'a: [macos, x64]', 'a: [windows]']) // prettier-ignore
    expect(jobOf(text, 'a: [macos, arm]')?.variables).toMatchObject({ OS: { value: 'macos' }, ARCH: { value: 'arm' } })
  })

  it('counts what a matrix makes before it makes it', () => {
    const many = Array.from({ length: 20 }, (_, index) => `V${index}: [a, b, c]`).join(', ')
    expect(problemsOf(`a: { script: x, parallel: { matrix: [{ ${many} }] } }`)).toEqual([
      expect.stringContaining('A matrix has 200 permutations at the most.'),
    ])
  })

  it('lets the rules of each permutation see its values', () => {
    const text =
      'a: { script: x, parallel: { matrix: [{ OS: [linux, macos] }] }, rules: [{ if: $OS == "macos" }] }\nb: { script: x }'
    expect(names(text)).toEqual(['a: [macos]', 'b'])
  })

  it('lets a job that is called as a permutation take its place', () => {
    const text = 'a: { script: x, parallel: { matrix: [{ OS: [linux, macos] }] } }\n"a: [macos]": { script: own }'
    expect(jobOf(text, 'a: [macos]')?.script).toEqual(['own'])
    expect(names(text)).toEqual(['a: [linux]', 'a: [macos]'])
  })
})

describe('who needs a job with parallel', () => {
  const matrix = 'parallel: { matrix: [{ OS: [linux, macos], ARCH: [arm, x64] }] }'

  it('needs all that it stands for', () => {
    expect(jobOf('a: { script: x, parallel: 2 }\nb: { script: x, needs: [a] }', 'b')?.needs).toEqual([
      { job: 'a 1/2', artifacts: true },
      { job: 'a 2/2', artifacts: true },
    ])
  })

  it('or the permutations that it names', () => {
    const needs = 'needs: [{ job: a, parallel: { matrix: [{ OS: linux, ARCH: [x64] }] } }]'
    expect(jobOf(`a: { script: x, ${matrix} }\nb: { script: x, ${needs} }`, 'b')?.needs).toEqual([
      { job: 'a: [linux, x64]', artifacts: true },
    ])
  })

  it('or the one that is like itself', () => {
    const needs =
      'needs: [{ job: a, parallel: { matrix: [{ OS: ["$[[ matrix.OS ]]"], ARCH: ["$[[matrix.ARCH]]"] }] } }]'
    expect(jobOf(`a: { script: x, ${matrix} }\nb: { script: x, ${matrix}, ${needs} }`, 'b: [macos, arm]')?.needs).toEqual([
      { job: 'a: [macos, arm]', artifacts: true },
    ]) // prettier-ignore
  })

  it('takes the artifacts of all of them, where it depends on it', () => {
    const text = 'a: { script: x, stage: build, parallel: 2 }\nb: { script: x, dependencies: [a] }'
    expect(jobOf(text, 'b')?.dependencies).toEqual(['a 1/2', 'a 2/2'])
  })
})

describe('inherit', () => {
  const top = 'default: { before_script: [d], retry: 1 }\nvariables: { A: "1", B: "2" }\n'

  it('takes nothing over where it says so', () => {
    const job = jobOf(`${top}a: { script: x, inherit: { default: false, variables: false } }`, 'a')
    expect(job).toMatchObject({ beforeScript: [], retry: { max: 0 }, variables: {} })
  })

  it('takes over what it names', () => {
    const job = jobOf(`${top}a: { script: x, inherit: { default: [retry], variables: [B] } }`, 'a')
    expect(job).toMatchObject({ beforeScript: [], retry: { max: 1 } })
    expect(Object.keys(job?.variables ?? {})).toEqual(['B'])
  })
})
