import { Type } from 'typebox'
import { Closed, Items, JsonObject, Line, Page, pageQuery, ProjectParams, Timestamp } from '../core/common.ts'
import { route } from '../core/route.ts'
import { everywhere, Instant } from './shared.ts'

export const AuditEntry = Type.Object({
  sequence: Type.Integer({ description: 'In its partition, from 1, without a gap' }),
  partition: Type.String({ description: 'A project, `platform`, or `~legacy` for what is older than partitions' }),
  id: Type.String(),
  source: Type.String(),
  actor: Type.String(),
  action: Type.String(),
  project: Type.String(),
  object: Type.String(),
  outcome: Type.String(),
  detail: JsonObject,
  requestId: Type.Optional(Type.String()),
  occurredAt: Timestamp,
  hash: Type.String({
    description: 'SHA-256 over the previous hash of the partition and this entry in canonical JSON',
  }),
})
/** A signed statement of what the ledger held (after RFC 6962 and C2SP's checkpoints). */
export const AuditCheckpoint = Type.Object({
  sequence: Type.Integer(),
  at: Timestamp,
  partitions: Type.Array(Type.Object({ partition: Type.String(), entries: Type.Integer(), head: Type.String() }), {
    description: 'Those that grew since the checkpoint before, new ones last',
  }),
  entries: Type.Integer({ description: 'Over all partitions' }),
  root: Type.String({
    description: 'Merkle root (RFC 6962) over the heads of all partitions, in the order in which they first appeared',
  }),
  previous: Type.String({ description: 'SHA-256 of the checkpoint before it' }),
  keyId: Type.String(),
  signature: Type.String({ description: 'Ed25519 over the canonical JSON of all other members, base64url' }),
})
const filter = {
  actor: Type.Optional(Line(200)),
  action: Type.Optional(Line(80)),
  outcome: Type.Optional(Type.Enum(['success', 'denied'])),
  object: Type.Optional(Line(200, 'An object, or its beginning')),
  requestId: Type.Optional(Line(80)),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
}
const project = { project: Type.Optional(Line(40)) }

export const auditRoutes = {
  listAudit: route({
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'The audit ledger, newest first',
    permission: { action: 'list', object: 'audit', ...everywhere },
    query: Closed({ ...pageQuery, ...project, ...filter }),
    response: { 200: Page(AuditEntry) },
  }),
  listProjectAudit: route({
    method: 'GET',
    path: '/api/v1/projects/:project/audit',
    summary: 'What was done and refused in a project, newest first',
    permission: { action: 'list', object: 'audit', domain: ':project' },
    params: ProjectParams,
    query: Closed({ ...pageQuery, ...filter }),
    response: { 200: Page(AuditEntry) },
  }),
  verifyAudit: route({
    method: 'GET',
    path: '/api/v1/audit/verification',
    summary: 'Walk every chain from its first entry to its last, and hold it against the signed checkpoints',
    permission: { action: 'get', object: 'audit', ...everywhere },
    timeoutMs: 120_000,
    response: {
      200: Type.Object({
        valid: Type.Boolean(),
        entries: Type.Integer(),
        partitions: Type.Integer(),
        checkpoints: Type.Integer(),
        head: Type.String({ description: 'The root of the newest checkpoint' }),
        brokenAt: Type.Optional(Type.Integer()),
        partition: Type.Optional(Type.String()),
        problem: Type.Optional(Type.String()),
      }),
    },
  }),
  listAuditCheckpoints: route({
    method: 'GET',
    path: '/api/v1/audit/checkpoints',
    summary: 'The signed checkpoints, newest first',
    permission: { action: 'get', object: 'audit', ...everywhere },
    query: Closed({ ...pageQuery }),
    response: { 200: Page(AuditCheckpoint) },
  }),
  exportAudit: route({
    method: 'GET',
    path: '/api/v1/audit/export',
    summary:
      'The ledger as a file: JSON lines with its checkpoints and keys, which verify without this platform; or CSV',
    kind: 'raw',
    permission: { action: 'get', object: 'audit', ...everywhere },
    timeoutMs: 0,
    query: Closed({ format: Type.Optional(Type.Enum(['jsonl', 'csv'])), ...project, ...filter }),
    response: { 200: Type.Unknown() },
  }),
  getAuditSettings: route({
    method: 'GET',
    path: '/api/v1/audit/settings',
    summary: 'How long the ledger keeps its entries',
    permission: { action: 'get', object: 'audit', ...everywhere },
    response: { 200: Type.Object({ retentionDays: Type.Integer(), keepsFrom: Type.Optional(Timestamp) }) },
  }),
  updateAuditSettings: route({
    method: 'PUT',
    path: '/api/v1/audit/settings',
    summary: 'Say how long; older entries go, their hashes stay in the chain that begins after them',
    permission: { action: 'update', object: 'audit', ...everywhere },
    body: Closed({ retentionDays: Type.Integer({ minimum: 90, maximum: 3_660 }) }),
    response: { 200: Type.Object({ retentionDays: Type.Integer(), keepsFrom: Type.Optional(Timestamp) }) },
  }),
  auditKeys: route({
    method: 'GET',
    path: '/.well-known/plinth-audit-keys.json',
    summary: 'The keys that verify audit checkpoints',
    permission: 'public',
    response: { 200: Items(Type.Object({ keyId: Type.String(), publicKeyPem: Type.String() })) },
  }),
}
