import type { Expression } from './expression.ts'
import type { RefPolicy } from './only-except.ts'
import type { Inherit, MatrixRow, Parallel } from './parallel.ts'
import type { Place } from './problems.ts'
import type { CacheSpec } from './read-cache.ts'

export type When = 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed' | 'never'

type DeclaredVariable = { value: string; expand: boolean; description?: string }
export type DeclaredVariables = Record<string, DeclaredVariable>

/** `true`, `false`, or the exit codes with which failing is allowed. */
export type AllowFailure = boolean | { exitCodes: number[] }

export type Need = {
  job: string
  artifacts: boolean
  optional: boolean
  /** Of a job with a matrix, these permutations only. */
  matrix?: readonly MatrixRow[]
  at: Place
}

export type Rule = {
  /** As written, for the reason that people read. */
  ifText?: string
  if?: Expression
  changes?: { paths: string[]; compareTo?: string }
  exists?: string[]
  when?: When
  /** With `delayed`: how long after all that is before it has ended. */
  startInSeconds?: number
  allowFailure?: AllowFailure
  variables: DeclaredVariables
  needs?: Need[]
  interruptible?: boolean
  at: Place
}

export type ArtifactsSpec = {
  name?: string
  paths: string[]
  exclude: string[]
  when: 'on_success' | 'on_failure' | 'always'
  /** `null` for `never`. */
  expireInSeconds?: number | null
  junit: string[]
  dotenv: string[]
  coverage?: { format: CoverageFormat; path: string }[]
  codequality?: string[]
  sarif?: string[]
}

/** GitLab's, and `lcov` besides. */
export type CoverageFormat = 'cobertura' | 'jacoco' | 'lcov'

export type RetrySpec = { max: number; when: string[]; exitCodes: number[] }

/** What a job asks for itself, before its rules. */
export type JobSpec = {
  name: string
  at: Place
  stage: string
  stageAt: Place
  beforeScript: string[]
  script: string[]
  afterScript: string[]
  variables: DeclaredVariables
  needs?: Need[]
  dependencies?: { job: string; at: Place }[]
  rules?: Rule[]
  only?: RefPolicy
  except?: RefPolicy
  when?: When
  startInSeconds?: number
  allowFailure?: AllowFailure
  artifacts?: ArtifactsSpec
  caches?: CacheSpec[]
  timeoutSeconds?: number
  retry: RetrySpec
  tags: string[]
  environment?: string
  interruptible: boolean
  parallel?: Parallel
  /** The job with `parallel` that it was made of, and which of how many it is. */
  group?: string
  node?: { index: number; total: number }
  inherit: Inherit
  /** Audiences by the name of the variable that holds the token. */
  idTokens: Record<string, string[]>
  /** What is accepted without effect, said so that nobody wonders. */
  notes: string[]
}

export type PipelineFile = {
  stages: string[]
  variables: DeclaredVariables
  workflow: { name?: string; rules?: Rule[] }
  jobs: JobSpec[]
}
