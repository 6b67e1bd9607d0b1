import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import type { Application } from './stations.ts'

/** Opens a promotion: a change request that somebody with the right approves. */
export function PromoteButton({ from, to }: { from: Application; to: Application }) {
  const { project, component, liveRevision } = from
  const { environment } = to
  const [asking, setAsking] = useState(false)
  const navigate = useNavigate()
  const promote = useAction('createPromotion', {
    stale: ['getDeliveryLine', 'listChangeRequests'],
    done: ({ number }) => `Promotion #${number} to ${environment} is open`,
    onDone: ({ number }) =>
      void navigate({
        to: '/projects/$project/environments/$environment/promotions/$number',
        params: { project, environment, number: String(number) },
      }),
  })
  const start = (): void =>
    promote.mutate(
      {
        params: { project, environment },
        body: { component, ...(liveRevision !== undefined && { revision: liveRevision }) },
      },
      { onSettled: () => setAsking(false) },
    )
  return (
    <>
      <Button small onClick={() => setAsking(true)} aria-label={`Promote ${component} to ${environment}`}>
        Promote <Icon name="promote" size={14} />
      </Button>
      {asking && (
        <Confirm
          title={`Promote ${component} to ${environment}?`}
          action="Open the promotion"
          busy={promote.isPending}
          onConfirm={start}
          onClose={() => setAsking(false)}
        >
          <p>
            Version <code className="text-ink">{liveRevision?.slice(0, 7)}</code> runs in {from.environment}
            {to.liveRevision === undefined ? '' : `; ${environment} has ${to.liveRevision.slice(0, 7)}`}. This opens a
            change request with the diff and the plan; it is deployed once somebody who may has approved it.
          </p>
        </Confirm>
      )}
    </>
  )
}
