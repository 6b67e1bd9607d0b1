import { Link } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { buttonLook } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { whereText } from '../../ui/names.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { StatusShape } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { PathView, UnmetView } from './path-view.tsx'

type Explanation = Answer<'explainAccess'>
type Props = {
  answer: Explanation
  subject: string
  mine: boolean
  question: { action: string; object: string; domain: string }
}

function Nearest({
  grant,
  mine,
  subject,
  question,
}: Omit<Props, 'answer'> & { grant: NonNullable<Explanation['grant']> }) {
  const role = grant.role.replace(/^role:/, '')
  const reason = `To ${question.action} ${question.object} in ${whereText(question.domain)}`
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 border-t border-line pt-4">
      <p className="min-w-0 flex-1 basis-64">
        The nearest grant that would allow it: <span className="font-medium">{role}</span> in{' '}
        <span className="font-medium">{whereText(grant.domain)}</span>.
      </p>
      {mine ? (
        <Link
          to="/access/requests"
          search={{ ask: 'new', role: grant.role, domain: grant.domain, reason }}
          className={buttonLook('primary')}
        >
          Request access
        </Link>
      ) : (
        <Link
          to="/access/bindings"
          search={{ give: 'new', subject, role: grant.role, domain: grant.domain }}
          className={buttonLook('primary')}
        >
          Grant it
        </Link>
      )}
    </div>
  )
}

/** Yes or no, and then every rule that speaks, as the path that leads to it. */
export function VerdictView({ answer, subject, mine, question }: Props) {
  const { allowed, reason, matches, unmet, frozen, grant, revision } = answer
  const { action, object, domain } = question
  return (
    <>
      <Card className="p-5">
        <div className="flex items-start gap-3" role="status">
          <StatusShape tone={allowed ? 'healthy' : 'failed'} size={22} className="mt-0.5" />
          <div className="min-w-0 flex-1">
            <p className="text-lg font-semibold">
              {allowed ? 'Allowed' : 'Denied'}: {mine ? 'you' : subject} {allowed ? 'may' : 'may not'} {action} {object}{' '}
              in {whereText(domain)}
            </p>
            <p className="text-quiet">{reason}</p>
          </div>
          <span className="numeric text-xs whitespace-nowrap text-quiet">revision {revision}</span>
        </div>
        {frozen && (
          <p className="mt-4 flex flex-wrap items-center gap-2 border-t border-line pt-4">
            <Icon name="snow" className="text-progressing" />
            <span className="min-w-0 flex-1">
              {whereText(frozen.domain)} is frozen: “{frozen.reason}”, <Ago at={frozen.until} prefix="ends " />.
            </span>
            <Link to="/access/freezes" className="text-accent hover:underline">
              Freezes
            </Link>
          </p>
        )}
        {!allowed && grant && <Nearest grant={grant} mine={mine} subject={subject} question={question} />}
      </Card>
      {matches.length > 0 && (
        <Section title="Every rule that speaks" aside="A deny wins over every allow">
          <ul className="flex flex-col gap-2">
            {matches.map((match, index) => (
              <PathView key={index} match={match} asker={subject} />
            ))}
          </ul>
        </Section>
      )}
      {unmet.length > 0 && (
        <Section title="Would have allowed it" aside="had their conditions held">
          <ul className="flex flex-col gap-2">
            {unmet.map((one, index) => (
              <UnmetView key={index} unmet={one} />
            ))}
          </ul>
        </Section>
      )}
      {matches.length === 0 && unmet.length === 0 && (
        <p className="mt-6 text-quiet">No rule speaks of it, and what no rule allows is denied.</p>
      )}
    </>
  )
}
