import { failure, type ServiceAccount } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import type { Static } from 'typebox'
import { deleteBindingsOfSubject, linkOf } from '../bindings/store.ts'
import { auditDenials } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { requireProject } from '../projects/require-project.ts'
import { withdrawTokens } from '../tokens/store.ts'
import * as accounts from './store.ts'

export type AccountName = { project: string; account: string }
type Info = Static<typeof ServiceAccount>

const accountsMax = 500

export const subjectOf = ({ project, account }: AccountName): string => `sa:${project}/${account}`

export const serviceAccountUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  listServiceAccounts: async (project: string): Promise<{ items: Info[] }> => ({
    items: (await accounts.listAccounts(parts.store.db, project)).map(infoOf),
  }),

  async createServiceAccount(
    who: Identity,
    project: string,
    want: { name: string; description?: string },
  ): Promise<Info> {
    const row: accounts.AccountRow = {
      project,
      name: want.name,
      description: want.description ?? '',
      createdBy: who.subject,
      createdAt: parts.clock.now().toISOString(),
    }
    return parts.store.transaction(async (tx) => {
      await requireProject(tx, project)
      if ((await accounts.listAccounts(tx, project)).length >= accountsMax) {
        throw failure('platform.conflict', {
          detail: `${project} has ${accountsMax} service accounts; delete one that is not used any more.`,
        })
      }
      if (!(await accounts.insertAccount(tx, row))) throw failure('authorization.service_account_exists')
      await recordAudit(tx, source, who, {
        action: 'service-account.create',
        project,
        object: `service-account/${want.name}`,
        detail: { description: row.description },
      })
      return infoOf(row)
    })
  },

  /** With it go its tokens, its bindings and its rules, at once: one that is made anew with its name has nothing. */
  async deleteServiceAccount(who: Identity, name: AccountName): Promise<void> {
    const subject = subjectOf(name)
    const attempt = {
      action: 'service-account.delete',
      project: name.project,
      object: `service-account/${name.account}`,
    }
    await auditDenials(parts, who, attempt, () =>
      changePolicy(
        parts,
        who,
        async (tx) => {
          if (!(await accounts.deleteAccount(tx, name.project, name.account))) throw unknownAccount(name)
          const removeLinks = (await deleteBindingsOfSubject(tx, subject)).map(linkOf)
          const removeRules = await accounts.deleteRulesOf(tx, subject)
          const tokens = await withdrawTokens(tx, { subject })
          await recordAudit(tx, source, who, {
            ...attempt,
            detail: { subject, tokens: tokens.length, bindings: removeLinks.length, rules: removeRules.length },
          })
          return { edit: { removeLinks, removeRules }, result: undefined, summary: `${subject} was deleted` }
        },
        // What it was denied is lifted from nobody: it is gone.
        { exempt: true, escalates: true },
      ),
    )
  },
})

export const unknownAccount = ({ project, account }: AccountName) =>
  failure('authorization.service_account_unknown', {
    detail: `There is no service account '${account}' in ${project}.`,
  })

const infoOf = (row: accounts.AccountRow): Info => ({
  ...row,
  subject: subjectOf({ project: row.project, account: row.name }),
})
