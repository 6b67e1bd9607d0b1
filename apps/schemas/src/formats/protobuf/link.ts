import { createFileRegistry, isFieldSet, type DescFile, type FileRegistry } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { checkMeanings } from './check-meanings.ts'
import { check, checkName, checkPackage } from './check.ts'
import type { Draft } from './draft.ts'
import { elementsMax } from './limits.ts'
import { joined, namesOf, packagesOf, resolve, scalarName, type Kind } from './names.ts'
import { guarded, interpret } from './options.ts'
import { wrongAt } from './tokens.ts'

/** A file whose mentions all stand for something. */
export type Linked = {
  readonly desc: DescFile
  readonly registry: FileRegistry
  /** All names that it gives, and what is behind them. */
  readonly names: ReadonlyMap<string, Kind>
  /** What whoever imports it sees besides. */
  readonly passesOn: readonly Linked[]
  /** What is said of each thing, by its whole name. */
  readonly docs: ReadonlyMap<string, string>
  /** Finds a name that the file itself or what it imports gives. */
  readonly lookup: (name: string) => Kind | undefined
}

/** Looks up the draft's mentions in itself and in what it imports. Throws schemas.schema_invalid with the place. */
export function link(draft: Draft, imported: ReadonlyMap<string, Linked>): Linked {
  const { file, places, options } = draft
  checkPackage(file)
  const direct = file.dependency.flatMap((path) => imported.get(path) ?? [])
  const visible = new Set<Linked>()
  const see = (linked: Linked): void => {
    if (visible.has(linked)) return
    visible.add(linked)
    linked.passesOn.forEach(see)
  }
  direct.forEach(see)
  const { names, scopes } = collect(draft, visible)
  const packages = new Set(
    [file, ...[...visible].map(({ desc }) => desc.proto)].flatMap((each) => packagesOf(each.package)),
  )
  const lookup = (name: string): Kind | undefined => {
    const own = names.get(name)
    if (own !== undefined) return own
    for (const other of visible) {
      const kind = other.names.get(name)
      if (kind !== undefined) return kind
    }
    return packages.has(name) ? 'package' : undefined
  }
  resolveTypes(draft, lookup)
  check(file, places)
  const dependencies = (path: string): DescFile | undefined => imported.get(path)?.desc
  if (options.size > 0) {
    const resolveFor = (owner: object) => (mention: string) =>
      resolve(mention, scopes.get(owner) ?? file.package, lookup)
    const registry = guarded(() => createFileRegistry(file, dependencies))
    interpret(options, { registry, resolveFor, editions: file.syntax === 'editions' })
  }
  const registry = guarded(() => createFileRegistry(file, dependencies))
  const desc = registry.getFile(file.name)
  if (desc === undefined) throw new Error('the registry lost its own file')
  checkMeanings(desc, places)
  return {
    desc,
    registry,
    names,
    lookup,
    passesOn: file.publicDependency.flatMap((index) => imported.get(file.dependency[index] ?? '') ?? []),
    docs: new Map(
      [...scopes].flatMap(([proto, name]) => (draft.docs.has(proto) ? [[name, draft.docs.get(proto) ?? '']] : [])),
    ),
  }
}

/** A name that is known may not be given again, be it by the same file or by one that it imports. */
function collect({ file, places }: Draft, visible: ReadonlySet<Linked>) {
  const names = new Map<string, Kind>()
  const scopes = new Map<object, string>()
  for (const named of namesOf(file)) {
    checkName(named, places)
    const { name, kind, proto } = named
    if (names.has(name) || [...visible].some((other) => other.names.has(name)))
      throw wrongAt(places.get(proto), name, `${name} is defined already`)
    names.set(name, kind)
    scopes.set(proto, name)
    if (names.size > elementsMax) throw wrongAt(places.get(proto), name, `it defines more than ${elementsMax} names`)
  }
  return { names, scopes }
}

function resolveTypes({ file, places }: Draft, lookup: (name: string) => Kind | undefined): void {
  const whole = (mention: string, scope: string, owner: object, wanted: Kind): string => {
    const found = resolve(mention, scope, lookup)
    if (found === undefined)
      throw wrongAt(
        places.get(owner),
        scope,
        `${mention.slice(0, 200)} is not defined in this file or in what it imports`,
      )
    if (wanted === 'message' && lookup(found) !== 'message')
      throw wrongAt(places.get(owner), scope, `${found} is no message`)
    return `.${found}`
  }
  const inField = (field: FieldDescriptorProto, scope: string): void => {
    if (field.extendee !== '') field.extendee = whole(field.extendee, scope, field, 'message')
    if (field.typeName === '') {
      if (!isFieldSet(field, FieldDescriptorProtoSchema.field.type) || scalarName(field.type) === 'message')
        throw wrongAt(places.get(field), joined(scope, field.name), 'it has no type')
      return
    }
    field.typeName = whole(field.typeName, scope, field, 'other')
    const kind = lookup(field.typeName.slice(1))
    if (kind === 'enum') field.type = Type.ENUM
    else if (kind !== 'message')
      throw wrongAt(places.get(field), joined(scope, field.name), `${field.typeName.slice(1)} is no type`)
    else if (field.type !== Type.GROUP) field.type = Type.MESSAGE
  }
  const inMessage = (message: DescriptorProto, scope: string): void => {
    const own = joined(scope, message.name)
    for (const field of message.field) inField(field, own)
    for (const field of message.extension) inField(field, own)
    for (const inner of message.nestedType) {
      if (inner.options?.mapEntry === true) adoptPlace(message, inner, places)
      inMessage(inner, own)
    }
  }
  for (const message of file.messageType) inMessage(message, file.package)
  for (const field of file.extension) inField(field, file.package)
  inServices(file, whole)
}

function inServices(
  file: FileDescriptorProto,
  whole: (mention: string, scope: string, owner: object, wanted: Kind) => string,
): void {
  for (const service of file.service) {
    for (const method of service.method) {
      const scope = joined(file.package, service.name)
      method.inputType = whole(method.inputType, scope, method, 'message')
      method.outputType = whole(method.outputType, scope, method, 'message')
    }
  }
}

/** What is wrong with a map's value is written where the map is. */
function adoptPlace(message: DescriptorProto, entry: DescriptorProto, places: Draft['places']): void {
  const map = message.field.find(({ typeName }) => typeName.endsWith(entry.name))
  const place = map === undefined ? undefined : places.get(map)
  if (place === undefined) return
  for (const owner of [entry, ...entry.field]) if (!places.has(owner)) places.set(owner, place)
}
