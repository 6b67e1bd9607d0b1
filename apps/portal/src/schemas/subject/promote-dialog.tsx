import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { GateView } from '../../changes/gate-view.tsx'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Load } from '../../ui/load.tsx'

type Plan = Answer<'planSchemaPromotion'>

function WhatChanges({ plan: { from, to, version, before, diff, gate } }: { plan: Plan }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>
        <strong>v{version}</strong> of {from} becomes current in <strong>{to}</strong>
        {before === undefined ? ', where none is now.' : `, where v${before} is now.`}
      </p>
      {diff.length > 0 && (
        <ul className="max-h-48 overflow-auto rounded-md border border-line bg-ground p-2 text-xs">
          {diff.map(({ path, change, before: was, after }) => (
            <li key={path}>
              <code>{path}</code> {change}
              {change === 'changed' && (
                <>
                  : <code className="text-quiet">{was}</code> → <code>{after}</code>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <GateView gate={gate} />
    </div>
  )
}

type Props = { project: string; subject: string; environment: string; onClose: () => void }

/** What the promotion would change there and what the gate says, before the button. */
export function PromoteDialog({ project, subject, environment, onClose }: Props) {
  const params = { project, subject, environment }
  const plan = useQuery(ask('planSchemaPromotion', { params, query: {} }))
  const [reason, setReason] = useState('')
  const promote = useAction('promoteSchema', {
    stale: ['getSchemaEnvironments', 'listSchemaPromotions', 'listSchemaEnvironments'],
    done: ({ version, to }) => `v${version} is current in ${to}`,
    onDone: onClose,
    quiet: true,
  })
  return (
    <FormDialog
      title={`Promote ${subject} to ${environment}`}
      action="Promote"
      busy={promote.isPending}
      ready={plan.data?.gate.allowed === true}
      error={promote.error}
      onClose={onClose}
      onSubmit={() => promote.mutate({ params, body: reason.trim() === '' ? {} : { reason: reason.trim() } })}
    >
      <Load of={plan}>{(found) => <WhatChanges plan={found} />}</Load>
      <TextField label="Why" value={reason} onChange={setReason} help="Kept in the audit ledger." />
    </FormDialog>
  )
}
