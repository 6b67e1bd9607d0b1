import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Question } from '../../api/may.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Button, buttonLook } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Card } from '../../ui/page.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { ReasonDialog } from '../../ui/reason-dialog.tsx'
import { StatusShape } from '../../ui/status.tsx'

type ChangeSet = Answer<'getChangeSet'>

const stale = [
  'getChangeSet',
  'listChangeSets',
  'getRawPolicy',
  'listPolicies',
  'listBindings',
  'listRoles',
  'listPolicyRevisions',
  'canI',
] as const
const may = (action: Question['action']): Question => ({ action, object: 'policy', domain: '*' })

function useDecisions({ id, title }: ChangeSet, onDone: () => void) {
  const navigate = useNavigate()
  const effects = { quiet: true, stale, onDone }
  const restore = useAction('restorePolicyRevision', {
    stale,
    done: ({ appliedRevision }) =>
      `The policy is as before${appliedRevision === undefined ? '' : `, as revision ${appliedRevision}`}`,
  })
  const propose = useAction('proposeChangeSet', {
    ...effects,
    done: ({ state }) => (state === 'approved' ? 'It needs no approval and can be applied' : 'Proposed'),
  })
  const approve = useAction('approveChangeSet', { ...effects, done: 'Approved' })
  const reject = useAction('rejectChangeSet', { ...effects, done: 'Rejected, with your reason' })
  const discard = useAction('discardChangeSet', {
    ...effects,
    done: `“${title}” is discarded`,
    onDone: () => void navigate({ to: '/access/changes' }),
  })
  const apply = useAction('applyChangeSet', {
    ...effects,
    done: ({ appliedRevision }) => `In force as revision ${appliedRevision ?? ''}`,
    // The revision before it, as a new one: the history keeps both.
    undo: ({ appliedRevision }) => {
      if (appliedRevision !== undefined && appliedRevision > 1)
        restore.mutate({ params: { revision: appliedRevision - 1 }, body: { reason: `Undo of “${title}”` } })
    },
  })
  const all = [propose, approve, reject, discard, apply]
  return {
    propose: () => propose.mutate({ params: { changeSet: id } }),
    approve: () => approve.mutate({ params: { changeSet: id } }),
    reject: (reason: string) => reject.mutate({ params: { changeSet: id }, body: { reason } }),
    discard: () => discard.mutate({ params: { changeSet: id } }),
    apply: () => apply.mutate({ params: { changeSet: id } }),
    busy: all.some(({ isPending }) => isPending),
    error: all.find(({ error }) => error !== null)?.error,
  }
}

const ended: Readonly<Partial<Record<ChangeSet['state'], readonly ['healthy' | 'failed' | 'unknown', string]>>> = {
  applied: ['healthy', 'It is in force.'],
  rejected: ['failed', 'It was rejected; drafting on makes it a draft again.'],
  discarded: ['unknown', 'It was discarded.'],
}

type Decisions = ReturnType<typeof useDecisions>
type Asking = 'apply' | 'reject' | 'discard'
type End = NonNullable<(typeof ended)[ChangeSet['state']]>

function Ended({ look, revision }: { look: End; revision: number | undefined }) {
  return (
    <Card className="flex flex-wrap items-center gap-3 p-4">
      <StatusShape tone={look[0]} size={16} />
      <span className="flex-1">{look[1]}</span>
      {revision !== undefined && (
        <Link to="/access/history" search={{ to: String(revision) }} className={buttonLook()}>
          In the history
        </Link>
      )}
    </Card>
  )
}

type ButtonsProps = { changeSet: ChangeSet; decide: Decisions; own: boolean; onAsk: (asking: Asking) => void }

function Buttons({ changeSet: { state, problems, approvalsNeeded }, decide, own, onAsk }: ButtonsProps) {
  const blocked = problems.some(({ severity }) => severity === 'error')
  return (
    <div className="flex flex-wrap gap-2">
      {state === 'draft' && (
        <MayButton look="primary" needs={may('create')} busy={decide.busy} disabled={blocked} onClick={decide.propose}>
          Propose
        </MayButton>
      )}
      {state === 'proposed' && (
        <>
          <MayButton look="primary" needs={may('approve')} busy={decide.busy} disabled={own} onClick={decide.approve}>
            Approve
          </MayButton>
          <MayButton needs={may('approve')} onClick={() => onAsk('reject')}>
            Reject
          </MayButton>
        </>
      )}
      {(state === 'approved' || (state === 'draft' && approvalsNeeded === 0)) && (
        <MayButton
          look={state === 'approved' ? 'primary' : 'plain'}
          needs={may('update')}
          busy={decide.busy}
          disabled={blocked}
          onClick={() => onAsk('apply')}
        >
          Apply
        </MayButton>
      )}
      <Button look="danger" onClick={() => onAsk('discard')}>
        Discard
      </Button>
    </div>
  )
}

function Note({ changeSet: { state, approvals, approvalsNeeded }, own }: { changeSet: ChangeSet; own: boolean }) {
  return (
    <>
      {state === 'proposed' && own && (
        <p className="text-sm text-quiet">You drafted it, so somebody else has to approve it.</p>
      )}
      {state === 'draft' && approvalsNeeded > approvals.length && (
        <p className="text-sm text-quiet">
          Once proposed, {approvalsNeeded} {approvalsNeeded === 1 ? 'other has' : 'others have'} to approve it.
        </p>
      )}
    </>
  )
}

type AskedProps = { asking: Asking; title: string; decide: Decisions; onClose: () => void }

function Asked({ asking, title, decide, onClose }: AskedProps) {
  return (
    <>
      {asking === 'apply' && (
        <Confirm
          title={`Put “${title}” in force?`}
          action="Apply"
          busy={decide.busy}
          onClose={onClose}
          onConfirm={decide.apply}
        >
          Every gateway decides by it within a moment. The way back is one press, and the history keeps both.
          {decide.error !== undefined && <ProblemView error={decide.error} />}
        </Confirm>
      )}
      {asking === 'discard' && (
        <Confirm
          title={`Discard “${title}”?`}
          action="Discard"
          busy={decide.busy}
          onClose={onClose}
          onConfirm={decide.discard}
        >
          It was never in force; the list keeps that it was there.
        </Confirm>
      )}
      {asking === 'reject' && (
        <ReasonDialog
          title={`Reject “${title}”?`}
          action="Reject"
          busy={decide.busy}
          error={decide.error}
          onClose={onClose}
          onConfirm={decide.reject}
        />
      )}
    </>
  )
}

export function ChangeSetDecision({ changeSet }: { changeSet: ChangeSet }) {
  const { state, author, appliedRevision, title } = changeSet
  const [asking, setAsking] = useState<Asking>()
  const close = (): void => setAsking(undefined)
  const me = useQuery(ask('getMe', {})).data?.subject
  const decide = useDecisions(changeSet, close)
  const own = me === author
  const end = ended[state]
  if (end) return <Ended look={end} revision={appliedRevision} />
  return (
    <Card className="flex flex-col gap-3 p-4">
      <h2 className="text-lg font-semibold">
        {state === 'draft' ? 'Is it right?' : state === 'proposed' ? 'May this come in force?' : 'Put it in force?'}
      </h2>
      <Buttons changeSet={changeSet} decide={decide} own={own} onAsk={setAsking} />
      <Note changeSet={changeSet} own={own} />
      {decide.error !== undefined && asking === undefined && <ProblemView error={decide.error} />}
      {asking !== undefined && <Asked asking={asking} title={title} decide={decide} onClose={close} />}
    </Card>
  )
}
