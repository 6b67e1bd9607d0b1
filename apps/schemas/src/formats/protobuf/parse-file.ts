import { create } from '@bufbuild/protobuf'
import {
  Edition,
  FileDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import { cursorOf } from './cursor.ts'
import { addOption, note, type Draft, type Parsing } from './draft.ts'
import { parseEnum, parseExtend, parseMessage } from './parse-message.ts'
import { wrongAt, type Token } from './tokens.ts'

const editions: Readonly<Record<string, Edition>> = {
  '2023': Edition.EDITION_2023,
  '2024': Edition.EDITION_2024,
}

/**
 * A .proto text as a descriptor. The grammar is ours, because no library of this language both keeps imports, options and
 * the order of what is declared, and tells the line of each mistake: protobufjs reads past what a compiler refuses, and
 * @bufbuild/protobuf begins at the descriptor, which is where this ends. Throws schemas.schema_invalid with line and column.
 */
export function parseFile(text: string, name: string): Draft {
  const cursor = cursorOf(text)
  const file = create(FileDescriptorProtoSchema, { name })
  const parsing: Parsing = {
    file,
    cursor,
    syntax: 'proto2',
    options: new Map(),
    places: new Map(),
    docs: new Map(),
  }
  if (cursor.is('syntax') || cursor.is('edition')) parseSyntax(parsing)
  while (cursor.peek().kind !== 'end') if (!cursor.accept(';')) parseDeclaration(parsing)
  return { file, options: parsing.options, places: parsing.places, docs: parsing.docs }
}

function parseSyntax(parsing: Parsing): void {
  const { cursor, file } = parsing
  const word = cursor.next().text
  cursor.expect('=')
  const place = cursor.peek()
  const value = cursor.string()
  cursor.expect(';')
  if (word === 'edition') {
    const edition = editions[value]
    if (edition === undefined)
      throw wrongAt(
        place,
        '',
        `edition '${value.slice(0, 40)}' is not known; write one of ${Object.keys(editions).join(', ')}`,
      )
    file.syntax = 'editions'
    file.edition = edition
    parsing.syntax = 'editions'
  } else if (value === 'proto2' || value === 'proto3') {
    if (value === 'proto3') file.syntax = value
    parsing.syntax = value
  } else throw wrongAt(place, '', `syntax '${value.slice(0, 40)}' is not known; write "proto3" or "proto2"`)
}

function parseDeclaration(parsing: Parsing): void {
  const { cursor, file, places } = parsing
  const first = cursor.peek()
  switch (first.text) {
    case 'package':
      cursor.next()
      if (file.package) throw wrongAt(first, '', 'it has a package already')
      file.package = cursor.dotted()
      cursor.expect(';')
      return
    case 'import':
      return parseImport(parsing)
    case 'option':
      cursor.next()
      addOption(parsing, file)
      return
    case 'export':
    case 'local':
      throw wrongAt(first, '', `'${first.text}' is not supported yet; leave it out`)
    case 'message':
      file.messageType.push(parseMessage(parsing, 0))
      return
    case 'enum':
      file.enumType.push(parseEnum(parsing))
      return
    case 'extend':
      parseExtend(parsing, file.extension, file.messageType, 0)
      return
    case 'service':
      file.service.push(parseService(parsing, first))
      return
    case 'syntax':
    case 'edition':
      places.set(file, first)
      throw wrongAt(first, '', `'${first.text}' has to come first`)
    default:
      throw cursor.refuse('a message, an enum, a service, an import, an option or a package')
  }
}

function parseImport({ cursor, file }: Parsing): void {
  cursor.next()
  const kind = cursor.is('public') || cursor.is('weak') || cursor.is('option') ? cursor.next().text : ''
  const place = cursor.peek()
  const path = cursor.string()
  cursor.expect(';')
  if (kind === 'option') throw wrongAt(place, '', "'import option' is not supported yet; write 'import'")
  if (file.dependency.includes(path)) throw wrongAt(place, '', `${path.slice(0, 100)} is imported twice`)
  file.dependency.push(path)
  if (kind === 'public') file.publicDependency.push(file.dependency.length - 1)
  if (kind === 'weak') file.weakDependency.push(file.dependency.length - 1)
}

function parseService(parsing: Parsing, first: Token) {
  const { cursor } = parsing
  cursor.next()
  const service = create(ServiceDescriptorProtoSchema, { name: cursor.name() })
  note(parsing, service, first, cursor.expect('{'))
  while (!cursor.accept('}')) {
    const place = cursor.peek()
    if (cursor.accept(';')) continue
    if (cursor.accept('option')) addOption(parsing, service)
    else if (cursor.accept('rpc')) service.method.push(parseMethod(parsing, place))
    else throw cursor.refuse("'rpc', 'option' or '}'")
  }
  return service
}

function parseMethod(parsing: Parsing, first: Token) {
  const { cursor } = parsing
  const method = create(MethodDescriptorProtoSchema, { name: cursor.name() })
  const side = (): { type: string; streams: boolean } => {
    cursor.expect('(')
    const streams = cursor.is('stream') && !cursor.isGlued() && cursor.peek(1).text !== ')'
    if (streams) cursor.next()
    const type = cursor.typeName()
    cursor.expect(')')
    return { type, streams }
  }
  const input = side()
  cursor.expect('returns')
  const output = side()
  method.inputType = input.type
  method.outputType = output.type
  if (input.streams) method.clientStreaming = true
  if (output.streams) method.serverStreaming = true
  if (cursor.is(';')) note(parsing, method, first, cursor.next())
  else {
    note(parsing, method, first, cursor.expect('{'))
    while (!cursor.accept('}')) {
      if (cursor.accept(';')) continue
      cursor.expect('option')
      addOption(parsing, method)
    }
  }
  return method
}
