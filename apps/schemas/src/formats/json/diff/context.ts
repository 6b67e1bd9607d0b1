import type { Json } from '../../json-text.ts'
import type { Rule } from './rules.ts'
import type { Shape, Shapes } from './shape.ts'

export type Difference = {
  readonly rule: Rule
  /** Pointers in the reader and in the writer, from the pair that was compared. */
  readonly path: string
  readonly writerPath: string
  /** What stood there and stands there, where it is short enough to be told; the property's name where it is about one. */
  readonly before?: Json | undefined
  readonly after?: Json | undefined
  readonly name?: string
}

export type Found = { readonly differences: readonly Difference[]; readonly compatible: boolean }

/** Collects what differs between a pair. */
export type Report = {
  add(rule: Rule, at?: string, more?: Omit<Partial<Difference>, 'rule'>): void
  /** Takes over what was found at places inside of the pair. */
  include(found: Found, path?: string, writerPath?: string): void
  done(): Found
}

export type Context = {
  readonly writer: Shapes
  readonly reader: Shapes
  readonly compatible: ReadonlySet<Rule>
  report(): Report
  compare(writer: Shape, reader: Shape): Found
  /** For `not`, which turns readers into writers. */
  turned(): Context
}

/** Deep and wide schemas can differ in more places than anybody reads; those that break come first. */
const differencesMax = 1_000
/** Further down fewer are kept: what many places refer to is told again in each of them. */
const differencesBelowMax = 50
const depthMax = 4

export function reportOf(compatible: ReadonlySet<Rule>, depth: number): Report {
  const max = depth <= depthMax ? differencesMax : differencesBelowMax
  const differences: Difference[] = []
  let isCompatible = true
  const push = (difference: Difference): void => {
    const breaks = !compatible.has(difference.rule)
    if (breaks) isCompatible = false
    if (differences.length < max) differences.push(difference)
    else if (breaks) {
      const harmless = differences.findIndex(({ rule }) => compatible.has(rule))
      if (harmless !== -1) differences[harmless] = difference
    }
  }
  return {
    add: (rule, at = '', more) => push({ rule, path: at, writerPath: at, ...more }),
    include(found, path = '', writerPath = path) {
      if (!found.compatible) isCompatible = false
      for (const difference of found.differences) {
        push(
          path === '' && writerPath === ''
            ? difference
            : { ...difference, path: path + difference.path, writerPath: writerPath + difference.writerPath },
        )
      }
    },
    done: () => ({ differences, compatible: isCompatible }),
  }
}
