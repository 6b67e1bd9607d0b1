import { useQuery } from '@tanstack/react-query'
import { useAction } from '../api/actions.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { Card } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { StatusShape } from '../ui/status.tsx'
import type { ChangeDetail } from './change-page.tsx'

const stale = ['getChangeRequest', 'getPromotion', 'listChangeRequests', 'getDeliveryLine'] as const

function useDecisions({ kind, project, repository, environment, number }: ChangeDetail) {
  const effects = { stale, quiet: true }
  const approveMerge = useAction('approveChangeRequest', { ...effects, done: `#${number} is approved` })
  const approvePromotion = useAction('approvePromotion', {
    ...effects,
    done: `#${number} is approved; it goes to ${environment ?? ''}`,
  })
  const merge = useAction('mergeChangeRequest', { ...effects, done: `#${number} is merged` })
  const closeMerge = useAction('closeChangeRequest', { ...effects, done: `#${number} is closed` })
  const closePromotion = useAction('closePromotion', { ...effects, done: `#${number} is closed` })
  const mergeParams = { params: { project, repository, number } }
  if (kind === 'promotion' && environment !== undefined) {
    const params = { params: { project, environment, number } }
    return {
      approve: () => approvePromotion.mutate(params),
      close: () => closePromotion.mutate(params),
      merge: undefined,
      busy: approvePromotion.isPending || closePromotion.isPending,
      error: approvePromotion.error ?? closePromotion.error,
    }
  }
  return {
    approve: () => approveMerge.mutate(mergeParams),
    close: () => closeMerge.mutate(mergeParams),
    merge: () => merge.mutate(mergeParams),
    busy: approveMerge.isPending || closeMerge.isPending || merge.isPending,
    error: approveMerge.error ?? merge.error ?? closeMerge.error,
  }
}

/** May I approve? Asked before the button, so that a denial is said with what is missing and who could give it. */
function useMayApprove({ kind, project, environment, author }: ChangeDetail) {
  const me = useQuery(ask('getMe', {}))
  const domain = kind === 'promotion' && environment !== undefined ? `${project}/${environment}` : project
  const asked = useQuery(
    ask('canI', { body: { questions: [{ action: 'approve', object: 'change-request', domain }] } }),
  )
  const answer = asked.data?.items[0]
  return {
    own: me.data?.subject === author,
    allowed: answer?.allowed === true,
    known: answer !== undefined,
    reason: answer?.reason,
    grant: answer?.grant,
    domain,
  }
}

function WhyNot({ change }: { change: ChangeDetail }) {
  const { own, allowed, known, reason, grant, domain } = useMayApprove(change)
  if (own) return <p className="text-sm text-quiet">You opened it, so somebody else has to approve it.</p>
  if (!known || allowed) return null
  const request = `Please approve #${change.number} "${change.title}": ${location.href}`
  return (
    <div className="text-sm text-quiet">
      <p>
        You may not approve this: it takes <code className="text-ink">approve</code> on{' '}
        <code className="text-ink">change-request</code> in <code className="text-ink">{domain}</code>
        {grant ? (
          <>
            , which the role <code className="text-ink">{grant.role}</code> in{' '}
            <code className="text-ink">{grant.domain}</code> has.
          </>
        ) : (
          '.'
        )}
      </p>
      {reason !== undefined && reason !== '' && <p>{reason}</p>}
      <div className="-ml-2">
        <CopyButton text={request} label="Copy a request to approve it" />
      </div>
    </div>
  )
}

export function Decision({ change }: { change: ChangeDetail }) {
  const { state, kind, mergeable, environment } = change
  const { approve, close, merge, busy, error } = useDecisions(change)
  const { own, allowed, known } = useMayApprove(change)
  const isOpen = state === 'open' || state === 'approved'
  const blocked = own || (known && !allowed)
  if (!isOpen) {
    return (
      <Card className="flex items-center gap-2 p-4">
        <StatusShape tone={state === 'merged' ? 'healthy' : state === 'failed' ? 'failed' : 'unknown'} size={16} />
        {state === 'merged'
          ? kind === 'promotion'
            ? `It went to ${environment ?? ''}.`
            : 'It is merged.'
          : state === 'failed'
            ? 'It failed; the result says why.'
            : 'It was closed.'}
      </Card>
    )
  }
  return (
    <Card className="flex flex-col gap-3 p-4">
      <h2 className="text-lg font-semibold">May this go in?</h2>
      {kind === 'merge' && !mergeable && (
        <p className="text-sm text-degraded">
          It cannot be merged as it is: the branches changed the same lines, or an approval is missing.
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {state === 'open' && (
          <Button look="primary" busy={busy} disabled={blocked} onClick={approve}>
            {kind === 'promotion' ? `Approve and deploy to ${environment ?? ''}` : 'Approve'}
          </Button>
        )}
        {merge && (
          <Button
            look={state === 'approved' ? 'primary' : 'plain'}
            busy={busy}
            disabled={state !== 'approved'}
            onClick={merge}
          >
            Merge
          </Button>
        )}
        <Button busy={busy} onClick={close}>
          Close
        </Button>
      </div>
      {state === 'open' && <WhyNot change={change} />}
      {error !== null && error !== undefined && <ProblemView error={error} />}
    </Card>
  )
}
