import { clone, fromBinary } from '@bufbuild/protobuf'
import { Edition, FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { Source } from '../format.ts'
import { invalid } from '../json-text.ts'
import { common, wellKnown } from './builtin.ts'
import type { Draft } from './draft.ts'
import { filesMax } from './limits.ts'
import { link, type Linked } from './link.ts'
import { jsonNameOf, namesOf } from './names.ts'
import { parseFile } from './parse-file.ts'
import { textLengthMax } from './tokens.ts'

/** What a file is called that has no name of its own. */
const defaultName = 'default.proto'
const builtins = new Map<string, Linked>()

/** A schema and all that it imports, from what it was given with and from the built-in files. Nothing is fetched. */
export function read({ text, references }: Source): Linked {
  if (references.length >= filesMax) throw invalid('', `it refers to more than ${filesMax - 1} files`)
  const given = new Map(references.map((reference) => [reference.name, reference.text]))
  const done = new Map<string, Linked>()
  const open = new Set<string>()
  const load = (path: string, from: string): Linked => {
    const known = done.get(path)
    if (known !== undefined) return known
    if (open.has(path)) throw invalid(path.slice(0, 200), 'it imports itself')
    const own = given.get(path)
    if (own === undefined) {
      if (!isBuiltin(path))
        throw invalid(
          from,
          `${path.slice(0, 200)} is imported, but is neither among the references nor built in; add it to the references by this name`,
        )
      return builtin(path)
    }
    open.add(path)
    if (open.size > filesMax) throw invalid(path, `more than ${filesMax} files import one another`)
    const linked = linkWith(draftOf(own, path), (other) => load(other, path))
    done.set(path, linked)
    open.delete(path)
    return linked
  }
  const draft = draftOf(text, defaultName)
  if (given.has(draft.file.name)) draft.file.name = defaultName
  return linkWith(draft, (path) => load(path, 'import'))
}

function linkWith(draft: Draft, load: (path: string) => Linked): Linked {
  const imported = new Map(draft.file.dependency.map((path) => [path, load(path)]))
  return link(draft, imported)
}

export const isBuiltin = (path: string): boolean => wellKnown.has(path) || common.has(path)
export const builtinPaths = (): string[] => [...wellKnown.keys(), ...common.keys()]

/** Each is read once, when it is first imported. */
function builtin(path: string): Linked {
  const known = builtins.get(path)
  if (known !== undefined) return known
  const file = wellKnown.get(path)?.proto
  const draft = file === undefined ? parseFile(common.get(path) ?? '', path) : draftOfDescriptor(copyOf(file))
  const linked = linkWith(draft, builtin)
  builtins.set(path, linked)
  return linked
}

function draftOf(text: string, name: string): Draft {
  const encoded = bytesIn(text)
  if (encoded === undefined) return parseFile(text, name)
  let file: FileDescriptorProto
  try {
    file = fromBinary(FileDescriptorProtoSchema, encoded, { recursionLimit: 64 })
  } catch {
    throw invalid('', 'it is neither the text of a .proto file nor a FileDescriptorProto in base64')
  }
  // A reference is known by the name under which it is imported, whatever it was called when it was compiled.
  if (name !== defaultName || file.name === '' || file.name.length > 500) file.name = name
  return draftOfDescriptor(file)
}

/** No text of a .proto file has only letters of base64: it has at least a semicolon or a brace. */
function bytesIn(text: string): Buffer | undefined {
  if (text.length > 2 * textLengthMax) throw invalid('', `it is longer than ${2 * textLengthMax} characters`)
  if (!/^[A-Za-z0-9+/_\s-]+={0,2}\s*$/.test(text)) return undefined
  const bytes = Buffer.from(text.replaceAll(/\s/g, ''), 'base64')
  return bytes.length === 0 ? undefined : bytes
}

const copyOf = (file: FileDescriptorProto): FileDescriptorProto => clone(FileDescriptorProtoSchema, file)

function draftOfDescriptor(file: FileDescriptorProto): Draft {
  if (!['', 'proto2', 'proto3', 'editions'].includes(file.syntax))
    throw invalid('syntax', `syntax '${file.syntax.slice(0, 40)}' is not known`)
  if (file.syntax === 'proto2') file.syntax = ''
  if (file.syntax === 'editions' && file.edition !== Edition.EDITION_2023 && file.edition !== Edition.EDITION_2024)
    throw invalid('edition', 'the edition is not known; it is 2023 or 2024')
  const docs = docsOf(file)
  delete file.sourceCodeInfo
  for (const { proto } of namesOf(file)) {
    const field = proto as { $typeName?: string; jsonName?: string; name: string }
    if (field.$typeName === 'google.protobuf.FieldDescriptorProto' && !field.jsonName)
      field.jsonName = jsonNameOf(field.name)
  }
  return { file, docs, options: new Map(), places: new Map() }
}

/** The comments that a compiler left in a descriptor: `path` leads from the file by the numbers of fields and by indexes. */
function docsOf(file: FileDescriptorProto): Map<object, string> {
  const docs = new Map<object, string>()
  for (const { path, leadingComments, trailingComments } of file.sourceCodeInfo?.location ?? []) {
    const doc = (leadingComments || trailingComments).trim()
    if (doc === '' || path.length % 2 === 1) continue
    let at: Record<string, unknown> | undefined = { ...file }
    let owner: object | undefined
    let schema = 'google.protobuf.FileDescriptorProto'
    for (let index = 0; index < path.length && at !== undefined; index += 2) {
      const list: unknown = at[places[schema]?.[path[index] ?? 0] ?? '']
      const item: unknown = Array.isArray(list) ? list[path[index + 1] ?? -1] : undefined
      owner = typeof item === 'object' && item !== null ? item : undefined
      at = owner === undefined ? undefined : { ...owner }
      schema = typeof at?.['$typeName'] === 'string' ? at['$typeName'] : ''
    }
    if (owner !== undefined)
      docs.set(
        owner,
        doc
          .split('\n')
          .map((line) => line.trim())
          .join('\n'),
      )
  }
  return docs
}

/** The fields that hold what can be documented, by their numbers in descriptor.proto. */
const places: Readonly<Record<string, Readonly<Record<number, string>> | undefined>> = {
  'google.protobuf.FileDescriptorProto': { 4: 'messageType', 5: 'enumType', 6: 'service', 7: 'extension' },
  'google.protobuf.DescriptorProto': { 2: 'field', 3: 'nestedType', 4: 'enumType', 6: 'extension', 8: 'oneofDecl' },
  'google.protobuf.EnumDescriptorProto': { 2: 'value' },
  'google.protobuf.ServiceDescriptorProto': { 2: 'method' },
}
