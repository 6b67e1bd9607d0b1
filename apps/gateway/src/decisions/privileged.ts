import type { Rule } from '@plinth/access'
import { kindOf } from './kind-of.ts'

const readingActions = new Set(['get', 'list', 'logs'])
const strongActions = new Set(['grant', 'approve', 'deploy', 'rollback', 'exec', 'delete'])
/** Things by which it is governed who may do what, and what is remembered of it. */
const governingKinds = new Set([
  'policy', 'user', 'group', 'role', 'binding', 'token', 'service-account', 'signing-key', 'identity-provider', 'freeze',
  'break-glass', 'webhook', 'audit',
]) // prettier-ignore

type Asked = { readonly action: string; readonly object: string }

/** Whether an allow of it is always kept, whoever got it. */
export const isPrivileged = ({ action, object }: Asked): boolean =>
  strongActions.has(action) || (governingKinds.has(kindOf(object)) && !readingActions.has(action))

/** Whether a change was allowed because its subject may do everything: then it is kept, whatever it changes. */
export const isByAdministrator = ({ action }: Asked, rule: Rule | undefined): boolean =>
  rule?.object === '*' && rule.action === '*' && !readingActions.has(action)
