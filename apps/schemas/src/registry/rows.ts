import type { CompatibilityLevel, SchemaKind } from '@plinth/contracts'

/** What a schema refers to: `name` is how it says it, `subject` as given (of another project: `:.project:subject`). */
export type Reference = { name: string; subject: string; version: number }

/** Confluent's metadata of a schema; `properties` may be looked for, `tags` are by place in the schema. */
export type Metadata = {
  tags?: { [place: string]: string[] }
  properties?: { [name: string]: string }
  sensitive?: string[]
}
/** Rules as their clients understand them; the registry keeps them, and looks at their names alone. */
export type Rule = { name: string; [member: string]: unknown }
export type RuleSet = { migrationRules?: Rule[]; domainRules?: Rule[]; encodingRules?: Rule[]; enableAt?: string }

/** A schema of one project: the same content has one id, whatever the subjects it stands in. */
export type SchemaRow = {
  project: string
  id: number
  type: SchemaKind
  /** As it was written. */
  schema: string
  canonical: string
  fingerprint: string
  guid: string
  references: Reference[]
  metadata: Metadata | null
  ruleSet: RuleSet | null
}

export type VersionRow = SchemaRow & {
  subject: string
  version: number
  deleted: boolean
  createdAt: string
  createdBy: string
}

export type SubjectRow = {
  project: string
  name: string
  type: SchemaKind
  compatibility: CompatibilityLevel
  latestVersion: number
  updatedAt: string
}

/** `latest`, or nothing, is the newest version that is not deleted. */
export type WhichVersion = number | 'latest' | undefined
