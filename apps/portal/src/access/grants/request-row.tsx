import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Subject, Where, whereText } from '../../ui/names.tsx'
import { ReasonDialog } from '../../ui/reason-dialog.tsx'
import { Status, type Tone } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { DurationField, durationText } from '../shared/duration-field.tsx'

export type AccessRequest = Answer<'listAccessRequests'>['items'][number]

const stale = ['listAccessRequests', 'getAccessRequest', 'listBindings', 'getMe', 'canI', 'whatCan'] as const

const tones: Readonly<Record<AccessRequest['state'], Tone>> = {
  pending: 'waiting',
  granted: 'healthy',
  denied: 'failed',
  withdrawn: 'unknown',
  ended: 'unknown',
  expired: 'unknown',
}

export const requestTone = ({ state, breakGlass }: AccessRequest): Tone =>
  state === 'granted' && breakGlass ? 'degraded' : tones[state]

function Approve({ request, onClose }: { request: AccessRequest; onClose: () => void }) {
  const { id, subject, role, domain, durationMinutes } = request
  const [minutes, setMinutes] = useState(durationMinutes)
  const [comment, setComment] = useState('')
  const approve = useAction('approveAccessRequest', {
    quiet: true,
    stale,
    done: `${subject} has ${role} for ${durationText(minutes)}`,
    onDone: onClose,
  })
  const grant = (): void =>
    approve.mutate({
      params: { request: id },
      body: { durationMinutes: minutes, ...(comment !== '' && { comment }) },
    })
  return (
    <FormDialog
      title={`Give ${role.replace(/^role:/, '')} to ${subject}?`}
      action="Grant it"
      busy={approve.isPending}
      error={approve.error}
      onSubmit={grant}
      onClose={onClose}
    >
      <p className="text-sm text-quiet">
        In {whereText(domain)}, from now on. It ends by itself, and you may end it before.
      </p>
      <DurationField label="For" value={minutes} onChange={setMinutes} most={durationMinutes} />
      <TextField label="A word to them" value={comment} onChange={setComment} />
    </FormDialog>
  )
}

function Refuse({ request: { id, role, subject }, onClose }: { request: AccessRequest; onClose: () => void }) {
  const deny = useAction('denyAccessRequest', {
    quiet: true,
    stale,
    done: 'Refused, with your reason',
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Refuse ${role.replace(/^role:/, '')} to ${subject}?`}
      action="Refuse"
      busy={deny.isPending}
      error={deny.error}
      onClose={onClose}
      onConfirm={(reason) => deny.mutate({ params: { request: id }, body: { reason } })}
    >
      They read your reason.
    </ReasonDialog>
  )
}

function Decide({ request, me }: { request: AccessRequest; me: string | undefined }) {
  const { id, subject, role, domain, state, mayDecide } = request
  const [asking, setAsking] = useState<'approve' | 'deny' | 'end'>()
  const close = (): void => setAsking(undefined)
  const own = subject === me
  const end = useAction('endAccessRequest', {
    stale,
    done: state === 'pending' ? 'Withdrawn' : `${role} of ${subject} has ended`,
    onDone: close,
  })
  const isOpen = state === 'pending' || state === 'granted'
  const endText = state === 'pending' ? 'Withdraw' : own ? 'Give back' : 'End it'
  return (
    <div className="flex flex-wrap gap-2">
      {state === 'pending' && mayDecide && (
        <>
          <Button small look="primary" onClick={() => setAsking('approve')} aria-label={`Grant ${role} to ${subject}`}>
            Grant
          </Button>
          <Button small onClick={() => setAsking('deny')} aria-label={`Refuse ${role} to ${subject}`}>
            Refuse
          </Button>
        </>
      )}
      {isOpen && (own || (state === 'granted' && mayDecide)) && (
        <Button
          small
          look={own ? 'plain' : 'danger'}
          onClick={() => setAsking('end')}
          aria-label={`${endText}: ${role} of ${subject}`}
        >
          {endText}
        </Button>
      )}
      {asking === 'approve' && <Approve request={request} onClose={close} />}
      {asking === 'deny' && <Refuse request={request} onClose={close} />}
      {asking === 'end' && (
        <Confirm
          title={state === 'pending' ? 'Withdraw the request?' : `End ${role} of ${subject}?`}
          action={state === 'pending' ? 'Withdraw' : 'End it'}
          busy={end.isPending}
          onClose={close}
          onConfirm={() => end.mutate({ params: { request: id } })}
        >
          {state === 'pending' ? 'You may ask again.' : `In ${whereText(domain)}; it holds within a second.`}
        </Confirm>
      )}
    </div>
  )
}

/** A request as one reads it before deciding: who, what, where, for how long, and why, in their words. */
export function RequestRow({ request, me }: { request: AccessRequest; me: string | undefined }) {
  const { subject, role, domain, reason, breakGlass, durationMinutes, state } = request
  const { createdAt, decidedBy, decidedAt, decision, expiresAt } = request
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-0">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Subject value={subject} link />
          <span className="text-quiet">{breakGlass ? 'broke the glass for' : 'asks for'}</span>
          <Link to="/access/roles" search={{ role }} className="font-medium hover:text-accent">
            {role.replace(/^role:/, '')}
          </Link>
          <span className="text-quiet">in</span> <Where domain={domain} />
          <span className="numeric text-quiet">for {durationText(durationMinutes)}</span>
          {breakGlass && (
            <span className="inline-flex items-center gap-1 rounded-sm border border-degraded px-1.5 text-xs text-degraded">
              <Icon name="glass" size={12} /> break-glass
            </span>
          )}
        </p>
        <p className="mt-1 break-words">“{reason}”</p>
        <p className="mt-1 flex flex-wrap gap-x-2 text-xs text-quiet">
          <Status state={state} tone={requestTone(request)} />
          <Ago at={createdAt} prefix="asked " />
          {decidedBy !== undefined && decidedAt !== undefined && (
            <span>
              {state === 'denied' ? 'refused' : 'decided'} by {decidedBy.replace(/^user:/, '')} <Ago at={decidedAt} />
            </span>
          )}
          {decision !== undefined && decision !== '' && <span>“{decision}”</span>}
          {expiresAt !== undefined && state === 'granted' && <Ago at={expiresAt} prefix="ends " />}
        </p>
      </div>
      <Decide request={request} me={me} />
    </li>
  )
}
