import type { Problem } from '../format.ts'
import { isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { isScalar } from './defaults.ts'
import { typeName, type Avro, type AvroRecord, type AvroUnion } from './model.ts'

const problemsMax = 100

/**
 * What is wrong with a payload in Avro's JSON encoding: each field is there, a union's value but null is wrapped in the
 * name of its type, bytes are text of code points up to 255.
 */
export function payloadProblems(type: Avro, payload: unknown): Problem[] {
  const problems: Problem[] = []
  check(type, payload as Json, '', problems)
  return problems
}

function check(type: Avro, value: Json, path: string, problems: Problem[]): void {
  if (problems.length >= problemsMax) return
  const wrong = (message: string): void => void problems.push({ path, message })
  if (type.kind === 'union') checkUnion(type, value, path, problems)
  else if (type.kind === 'record') {
    if (isMap(value)) checkRecord(type, value, path, problems)
    else wrong(`${type.name} is an object`)
  } else if (type.kind === 'array') {
    if (Array.isArray(value)) value.forEach((item, index) => check(type.items, item, pointer(path, index), problems))
    else wrong('an array is wanted')
  } else if (type.kind === 'map') {
    if (isMap(value))
      for (const [key, item] of Object.entries(value)) check(type.values, item, pointer(path, key), problems)
    else wrong('an object is wanted, as a map')
  } else if (type.kind === 'enum') {
    if (typeof value !== 'string' || !type.known.has(value))
      wrong(`${show(value)} is no symbol of ${type.name}; it knows ${type.symbols.slice(0, 20).join(', ')}`)
  } else if (!isScalar(type, value))
    wrong(
      type.kind === 'fixed'
        ? `text of ${type.size} characters up to U+00FF is wanted`
        : `${show(value)} is no ${type.kind}`,
    )
}

const show = (value: Json | undefined): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60)

/** The branch that a value in JSON encoding names, and what it holds. */
export function branchOf(union: AvroUnion, value: Json): { branch: Avro; value: Json } | undefined {
  if (value === null) {
    const branch = union.branches.find(({ kind }) => kind === 'null')
    return branch && { branch, value }
  }
  if (!isMap(value)) return undefined
  const [[key, inner] = [], second] = Object.entries(value)
  const branch = second === undefined ? union.branches.find((type) => typeName(type) === key) : undefined
  return branch && branch.kind !== 'null' && inner !== undefined ? { branch, value: inner } : undefined
}

function checkUnion(union: AvroUnion, value: Json, path: string, problems: Problem[]): void {
  const chosen = branchOf(union, value)
  if (chosen)
    return check(chosen.branch, chosen.value, value === null ? path : pointer(path, typeName(chosen.branch)), problems)
  const names = union.branches.map(typeName)
  const example = names.find((name) => name !== 'null')
  const wanted = `one of ${names.slice(0, 20).join(', ')} is wanted${example === undefined ? '' : `, as {${JSON.stringify(example)}: …}`}`
  problems.push({ path, message: `${show(value)} names no branch; ${wanted}` })
}

function checkRecord(record: AvroRecord, value: JsonMap, path: string, problems: Problem[]): void {
  for (const field of record.fields) {
    if (Object.hasOwn(value, field.name))
      check(field.type, value[field.name] ?? null, pointer(path, field.name), problems)
    else if (problems.length < problemsMax)
      problems.push({ path: pointer(path, field.name), message: `field ${field.name} is missing` })
  }
  for (const key of Object.keys(value))
    if (!record.byName.has(key) && problems.length < problemsMax)
      problems.push({ path: pointer(path, key), message: `${record.name} has no field of this name` })
}
