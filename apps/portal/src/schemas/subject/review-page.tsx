import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Facts } from '../../ui/facts.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Subject } from '../../ui/names.tsx'
import { Card, Page, Section } from '../../ui/page.tsx'
import { ReasonDialog } from '../../ui/reason-dialog.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Breaks } from '../shared/breaks.tsx'
import { ReviewState } from '../shared/review-state.tsx'
import { SideBySide } from '../shared/side-by-side.tsx'

type Review = Answer<'getSchemaReview'>
type Affected = Review['affected'][number]

const columns: readonly Column<Affected>[] = [
  {
    head: 'Component',
    cell: ({ project, component }) => (
      <Link
        to="/projects/$project/components/$component"
        params={{ project, component }}
        className="font-medium hover:text-accent"
      >
        {project}/{component}
      </Link>
    ),
  },
  { head: 'Where', cell: ({ environment }) => environment },
  {
    head: 'How',
    cell: ({ side, version }) => `${side === 'produces' ? 'writes' : 'reads'} v${version}`,
    className: 'whitespace-nowrap',
  },
  {
    head: 'What would happen',
    cell: ({ breaks, message }) => (
      <Status state={breaks ? 'failed' : 'healthy'} text={breaks ? (message ?? 'breaks') : 'goes on'} />
    ),
  },
]

const endings: Readonly<Record<Review['state'], string>> = {
  pending: '',
  approved: 'Approved: the very same registration succeeds, once. Nothing has to be changed at the client.',
  rejected: 'Rejected. Whoever tries it again is told so.',
  used: 'Approved, and registered since.',
  expired: 'The approval was not used in time. The next attempt asks again.',
}

/** Says why, and lets it in or refuses it. */
function Decide({
  review: { project, subject, id },
  how,
  onClose,
}: {
  review: Review
  how: 'approve' | 'reject'
  onClose: () => void
}) {
  const params = { params: { project, subject, review: id } }
  const effects = { stale: ['getSchemaReview', 'listSchemaReviews'] as const, quiet: true, onDone: onClose }
  const approve = useAction('approveSchemaReview', { ...effects, done: 'Approved: the same registration succeeds now' })
  const reject = useAction('rejectSchemaReview', { ...effects, done: 'Rejected' })
  const { isPending, error, mutate } = how === 'approve' ? approve : reject
  return (
    <ReasonDialog
      title={how === 'approve' ? 'Let this schema in?' : 'Refuse this schema?'}
      action={how === 'approve' ? 'Approve' : 'Reject'}
      danger={how === 'reject'}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={(reason) => mutate({ ...params, body: { reason } })}
    >
      {how === 'approve'
        ? 'The next registration of exactly this schema succeeds, once, within seven days.'
        : 'Whoever tries it again is told your reason.'}
    </ReasonDialog>
  )
}

/** May it go in? Those who tried it may not say so themselves. */
function Decision({ review }: { review: Review }) {
  const { project, subject, state, mayDecide, version } = review
  const [asking, setAsking] = useState<'approve' | 'reject'>()
  const needs = { action: 'approve', object: `schema/${subject}`, domain: project } as const
  return (
    <Card className="flex flex-col gap-3 p-4">
      <h2 className="text-lg font-semibold">May this break?</h2>
      <ReviewState state={state} />
      {endings[state] !== '' && (
        <p className="text-sm text-quiet">
          {endings[state]}
          {version !== undefined && ` It is version ${version}.`}
        </p>
      )}
      {(state === 'pending' || state === 'approved') && (
        <div className="flex flex-wrap gap-2">
          {state === 'pending' && (
            <MayButton look="primary" needs={needs} disabled={!mayDecide} onClick={() => setAsking('approve')}>
              Approve
            </MayButton>
          )}
          <MayButton needs={needs} onClick={() => setAsking('reject')}>
            {state === 'approved' ? 'Take it back' : 'Reject'}
          </MayButton>
        </div>
      )}
      {state === 'pending' && !mayDecide && (
        <p className="text-sm text-quiet">You tried to register it, so somebody else has to approve it.</p>
      )}
      {asking && <Decide review={review} how={asking} onClose={() => setAsking(undefined)} />}
    </Card>
  )
}

function AboutIt({ review }: { review: Review }) {
  const { askedBy, askers, attempts, lastAskedAt, against, level, decidedBy, decidedAt, reason, expiresAt } = review
  const others = askers.length - 1
  return (
    <Facts
      facts={[
        ['Asked by', <><Subject value={askedBy} bare />{others > 0 && ` and ${others} more`}</>],
        ['Tried', <>{attempts} times, last <Ago at={lastAskedAt} /></>],
        ['Held against', `${against === undefined ? 'no version' : `v${against}`}, ${level}`],
        ...(decidedBy === undefined ? [] : [['Decided by', <><Subject value={decidedBy} bare />{decidedAt !== undefined && <>, <Ago at={decidedAt} /></>}</>] as const]),
        ...(reason === undefined ? [] : [['Because', reason] as const]),
        ...(expiresAt === undefined ? [] : [['Holds until', <Ago at={expiresAt} />] as const]),
      ]}
    />
  ) // prettier-ignore
}

/** A change that would break somebody and was refused: why, whom, and the decision. */
export function ReviewPage() {
  const {
    project,
    subject,
    review: id,
  } = useParams({ from: '/app/projects/$project/schemas/$subject/reviews/$review' })
  const found = useQuery(ask('getSchemaReview', { params: { project, subject, review: id } }))
  return (
    <Page
      title={`Review of ${subject}`}
      heading={
        <>
          A breaking change of{' '}
          <Link to="/projects/$project/schemas/$subject" params={{ project, subject }} className="hover:text-accent">
            {subject}
          </Link>
        </>
      }
      cli={`plinth schema review approve ${subject} ${id} --reason '…' --project ${project}`}
    >
      <Load of={found}>
        {(review) => (
          <div className="grid gap-6 lg:grid-cols-[1fr_320px]">
            <div className="flex min-w-0 flex-col">
              <Section title="Why it was refused" aside={`${review.problems}`}>
                <Breaks of={review.incompatibilities} />
              </Section>
              <Section title="Whom it would break">
                {review.affected.length === 0 ? (
                  <p className="text-sm text-quiet">Nothing that is deployed reads or writes it.</p>
                ) : (
                  <Table
                    label="Whom it would break"
                    columns={columns}
                    rows={review.affected}
                    id={({ deployment, side, version }) => `${deployment} ${side} ${version}`}
                  />
                )}
                {review.hidden.instances > 0 && (
                  <p role="note" className="mt-2 text-sm text-quiet">
                    {review.hidden.instances} more in projects that you may not see, {review.hidden.breaking} of which
                    it would break.
                  </p>
                )}
              </Section>
              <Section title="What would change">
                <SideBySide label="Before and after" lines={review.diff} truncated={review.diffTruncated} />
              </Section>
            </div>
            <aside className="flex flex-col gap-4">
              <Decision review={review} />
              <AboutIt review={review} />
            </aside>
          </div>
        )}
      </Load>
    </Page>
  )
}
