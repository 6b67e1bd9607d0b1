import type { Problem } from '@plinth/kernel'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import type { Places } from './parse.ts'
import { referenceParts, referencesIn } from './placeholders.ts'
import type { Score } from './score.ts'

/** What can be asked for, by resource type. */
export type ResourceKind = { kind: string; spec: TSchema; outputNames: readonly string[] }
export type WantedResource = { name: string; kind: string; params: Record<string, unknown>; needs: string[] }

const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false })
const checks = new WeakMap<object, ValidateFunction>()
const checkOf = (schema: TSchema): ValidateFunction => {
  const known = checks.get(schema) ?? ajv.compile(schema)
  checks.set(schema, known)
  return known
}

/** The resources, each after those that its params refer to (Kahn's order, by name where there is a choice). */
export function readResources(
  score: Score,
  kinds: readonly ResourceKind[],
  places: Places,
  problems: Problem[],
): WantedResource[] {
  const wanted = Object.entries(score.resources ?? {}).flatMap(
    ([name, { type, class: kindClass = 'default', id, params = {} }]) => {
      const at = (...path: string[]): string => places.at(['resources', name, ...path])
      const driver = kinds.find(({ kind }) => kind === type)
      if (driver === undefined) {
        problems.push({
          path: at('type'),
          message: `there is no resource type '${type}' here; known are ${kinds.map(({ kind }) => kind).join(', ')}`,
        })
        return []
      }
      if (kindClass !== 'default')
        problems.push({ path: at('class'), message: `the type ${type} has the class 'default' only` })
      if (id !== undefined)
        problems.push({ path: at('id'), message: `a resource belongs to one workload here: leave 'id' out` })
      const check = checkOf(driver.spec)
      if (!check(params)) {
        for (const { instancePath, message, params: more } of check.errors ?? []) {
          const path = [
            ...instancePath.split('/').slice(1),
            ...('additionalProperty' in more ? [String(more['additionalProperty'])] : []),
          ]
          const allowed = 'allowedValue' in more ? ` ${JSON.stringify(more['allowedValue'])}` : ''
          problems.push({
            path: at('params', ...path),
            message: `${['params', ...path].join('.')} ${message ?? 'is not valid'}${allowed}`,
          })
        }
      }
      const references = textsIn(params).flatMap(referencesIn)
      const needs = references
        .map(referenceParts)
        .flatMap(([root, other]) => (root === 'resources' && other !== undefined ? [other] : []))
      return [{ name, kind: type, params, needs: [...new Set(needs)] }]
    },
  )
  return inOrder(wanted, places, problems)
}

/** Problems of the references in a text at a path: unknown roots, resources, outputs. */
export function checkReferences(
  text: string,
  path: string,
  score: Score,
  kinds: readonly ResourceKind[],
  problems: Problem[],
): void {
  for (const reference of referencesIn(text)) {
    const message = wrongIn(reference, score, kinds)
    if (message !== undefined) problems.push({ path, message })
  }
}

function wrongIn(reference: string, score: Score, kinds: readonly ResourceKind[]): string | undefined {
  const named = `\${${reference}}`
  const [root, name = '', ...rest] = referenceParts(reference)
  if (root !== 'metadata' && root !== 'resources')
    return `${named} names neither metadata nor resources; write $${named} for the text itself`
  if (name === '') return `${named} must say which of ${root}`
  if (root === 'metadata')
    return Object.hasOwn(score.metadata, name) ? undefined : `${named}: metadata has no '${name}'`
  const resource = Object.hasOwn(score.resources ?? {}, name) ? score.resources?.[name] : undefined
  if (resource === undefined) return `${named}: there is no resource '${name}'`
  const outputs = kinds.find(({ kind }) => kind === resource.type)?.outputNames
  if (outputs === undefined || rest.length === 0) return undefined
  const output = rest.join('.')
  return outputs.includes(output)
    ? undefined
    : `${named}: a ${resource.type} has no output '${output}'; it has ${outputs.join(', ')}`
}

export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []
}

function inOrder(wanted: readonly WantedResource[], places: Places, problems: Problem[]): WantedResource[] {
  const left = new Map(
    [...wanted].sort((a, b) => (a.name < b.name ? -1 : 1)).map((resource) => [resource.name, resource]),
  )
  const ordered: WantedResource[] = []
  while (left.size > 0) {
    const next = [...left.values()].find(({ needs }) => !needs.some((name) => left.has(name)))
    if (next === undefined) {
      const names = [...left.keys()]
      problems.push({
        path: places.at(['resources', names[0] ?? ''], 'key'),
        message: `the resources ${names.join(', ')} need one another in a circle`,
      })
      break
    }
    left.delete(next.name)
    ordered.push(next)
  }
  return ordered
}
