import { createHash } from 'node:crypto'
import { canonicalJson } from '@plinth/kernel/audit'
import type { SchemaKind } from '@plinth/contracts'
import type { Metadata, Reference, RuleSet } from './rows.ts'

export type Content = {
  type: SchemaKind
  canonical: string
  references: readonly Reference[]
  metadata: Metadata | null
  ruleSet: RuleSet | null
}

/** All that makes one schema another one. What is not there is not in it, so that plain schemas are their text alone. */
function contentText({ type, canonical, references, metadata, ruleSet }: Content): string {
  const refs = references.map(({ name, subject, version }) => ({ name, subject, version }))
  const more = refs.length > 0 || metadata !== null || ruleSet !== null
  const plain = `${type}\n${canonical}`
  return more ? `${plain}\n${canonicalJson({ references: refs, metadata, ruleSet })}` : plain
}

/**
 * What content is found by, and what is shown of it. The first is SHA-256: who may register must not be able to make two
 * schemas that pass for one. The guid is MD5 in the form of a UUID, as clients of Confluent's wire format know it.
 */
export function fingerprintOf(content: Content): { fingerprint: string; guid: string } {
  const text = contentText(content)
  const md5 = createHash('md5').update(text).digest('hex')
  return {
    fingerprint: createHash('sha256').update(text).digest('hex'),
    guid: md5.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  }
}
