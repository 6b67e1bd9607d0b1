import type { Message, Registry } from '@bufbuild/protobuf'
import { toText } from '@bufbuild/protobuf/txtpb'
import { optionsOf } from './options.ts'

type Owner = Message & { options?: Message | undefined }

/** The options of a descriptor as `name = value`, its own before those of extensions. */
export function printOptions(owner: Owner, registry: Registry | undefined): string[] {
  const schema = optionsOf[owner.$typeName]
  if (schema === undefined || owner.options === undefined) return []
  // No text in quotes has a line break in this form, so lines that begin without a blank begin an option.
  const lines = toText(schema, owner.options, { registry }).split('\n')
  const groups: string[][] = []
  for (const line of lines) {
    if (line === '') continue
    if (line.startsWith(' ') || line === '}') groups.at(-1)?.push(line.trim())
    else groups.push([line])
  }
  return groups.flatMap(([head = '', ...body]) => printOne(head, body))
}

function printOne(head: string, body: readonly string[]): string[] {
  const colon = head.indexOf(': ')
  const written = head.slice(0, colon)
  const name = written.startsWith('[') ? `(${written.slice(1, -1)})` : written
  const value = head.slice(colon + 2)
  const inner = body.slice(0, -1)
  const isPlain = name === 'features' && inner.every((line) => /^[a-z_]+: \w+$/.test(line))
  if (isPlain) return inner.map((line) => `${name}.${line.replace(': ', ' = ')}`)
  return [`${name} = ${[value, ...body].join(' ')}`]
}

/** A text in quotes. */
export const quoted = (text: string): string =>
  `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll(/[^\P{Cc}]/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`
