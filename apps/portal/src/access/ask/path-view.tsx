import { Link } from '@tanstack/react-router'
import { clsx } from 'clsx'
import type { ReactNode } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { Where } from '../../ui/names.tsx'
import { StatusShape } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { conditionTexts } from '../shared/conditions-view.tsx'

type Explanation = Answer<'explainAccess'>
type Match = Explanation['matches'][number]
type LinkInfo = Match['through'][number]
type Unmet = Explanation['unmet'][number]

const kinds: Readonly<Record<string, string>> = {
  user: 'user',
  group: 'group',
  sa: 'service account',
  role: 'role',
  job: 'job',
}

/** A station of the path: who or what one is at that point. */
function Station({ subject }: { subject: string }) {
  const at = subject.indexOf(':')
  const kind = subject.slice(0, at)
  const name = subject.slice(at + 1)
  const look =
    'block rounded-md border border-line bg-surface px-2.5 py-1.5 text-sm leading-tight hover:border-line-strong min-w-0'
  const text = (
    <>
      <span className="block text-xs text-quiet">{kinds[kind] ?? kind}</span>
      <span className="font-medium break-all">{name}</span>
    </>
  )
  if (kind === 'role')
    return (
      <Link to="/access/roles" search={{ role: subject }} className={look}>
        {text}
      </Link>
    )
  return (
    <Link to="/access/what-can" search={{ subject }} className={look}>
      {text}
    </Link>
  )
}

/** What leads from one station to the next, with where it holds and until when. */
function Hop({ link, broken = false }: { link: LinkInfo; broken?: boolean }) {
  const { subject, role, domain, expiresAt, conditions } = link
  const member = subject.startsWith('user:') && role.startsWith('group:')
  const texts = conditionTexts(conditions)
  return (
    <div className="flex min-w-0 shrink-0 items-center gap-2 pl-3 md:flex-col md:items-stretch md:gap-0 md:pl-0">
      <span className="order-2 max-w-56 px-1 text-xs leading-tight text-quiet md:order-1 md:pb-0.5 md:text-center">
        {member && domain === '*' ? (
          'member'
        ) : (
          <>
            bound in <Where domain={domain} />
          </>
        )}
      </span>
      <span
        aria-hidden="true"
        className={clsx(
          'relative order-1 h-6 w-px md:order-2 md:h-px md:w-full md:min-w-24',
          broken ? 'vertical-dashed md:hairline-dashed' : 'bg-line-strong',
        )}
      >
        <svg
          viewBox="0 0 8 8"
          width="8"
          height="8"
          className="absolute -bottom-1 -left-[3.5px] rotate-90 text-quiet md:-top-[3.5px] md:right-0 md:left-auto md:rotate-0"
        >
          <path d="M1 1 7 4 1 7" fill="none" stroke="currentColor" strokeWidth="1.3" />
        </svg>
      </span>
      {(expiresAt !== undefined || texts.length > 0) && (
        <span className="order-3 max-w-56 px-1 text-xs leading-tight text-degraded md:pt-0.5 md:text-center">
          {expiresAt !== undefined && (
            <Ago at={expiresAt} prefix={Date.parse(expiresAt) < Date.now() ? 'ended ' : 'ends '} />
          )}
          {expiresAt !== undefined && texts.length > 0 && ', '}
          {texts.join(', ')}
        </span>
      )}
    </div>
  )
}

function Frame({ label, tone, children }: { label: string; tone: 'allow' | 'deny' | 'unmet'; children: ReactNode }) {
  const line = { allow: 'border-l-healthy', deny: 'border-l-failed', unmet: 'border-l-degraded' }[tone]
  return (
    <li
      aria-label={label}
      className={clsx('overflow-x-auto rounded-md border border-l-3 border-line bg-ground p-3', line)}
    >
      <div className="flex flex-col items-stretch gap-1 md:flex-row md:flex-wrap md:items-center md:gap-x-2 md:gap-y-3">
        {children}
      </div>
    </li>
  )
}

/** From the one who asks, over groups and roles, to the rule that speaks. */
export function PathView({ match: { rule, through }, asker }: { match: Match; asker: string }) {
  const { subject, domain, object, action, effect } = rule
  const first = through[0]?.subject ?? asker
  return (
    <Frame label={`${effect}: ${subject} ${action} ${object} in ${domain}`} tone={effect}>
      <Station subject={first} />
      {through.map((link) => (
        <span key={`${link.subject} ${link.role} ${link.domain}`} className="contents">
          <Hop link={link} />
          <Station subject={link.role} />
        </span>
      ))}
      <span aria-hidden="true" className="ml-3 h-4 w-px bg-line-strong md:ml-0 md:h-px md:w-6" />
      <span
        className={clsx(
          'flex items-center gap-2 rounded-md border px-2.5 py-1.5 text-sm leading-tight',
          effect === 'deny' ? 'border-failed bg-removed' : 'border-healthy bg-added',
        )}
      >
        <StatusShape tone={effect === 'deny' ? 'failed' : 'healthy'} />
        <span className="min-w-0">
          <span className="block text-xs text-quiet">the rule {effect === 'deny' ? 'denies' : 'allows'}</span>
          <code className="break-words">
            {action === '*' ? 'anything' : action} {object === '*' ? 'on everything' : object}
            {domain === '*' ? '' : ` in ${domain}`}
          </code>
        </span>
      </span>
    </Frame>
  )
}

/** A binding that would have led to an allow, had its conditions held. */
export function UnmetView({ unmet: { link, why } }: { unmet: Unmet }) {
  return (
    <Frame label={`Did not hold: ${link.subject} ${link.role}`} tone="unmet">
      <Station subject={link.subject} />
      <Hop link={link} broken />
      <Station subject={link.role} />
      <span className="flex items-start gap-2 pl-1 text-sm">
        <StatusShape tone="degraded" className="mt-[3px]" /> {why}
      </span>
    </Frame>
  )
}
