import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { type Question, useMay } from '../../api/may.ts'
import { ask } from '../../api/queries.ts'
import type { Tone } from '../../ui/status.tsx'
import { toneText } from '../../ui/status.tsx'

const number = new Intl.NumberFormat('en')

type Reading<T> = { of: UseQueryResult<T>; value: (data: T) => number | string; tone?: (data: T) => Tone | undefined }
type Props<T> = Reading<T> & { text: string; link: LinkProps }

function Figure<T>({ of, value, tone, text, link }: Props<T>) {
  const data = of.data
  const look = data === undefined ? undefined : tone?.(data)
  return (
    <li className="min-w-0 border-line sm:not-first:border-l sm:not-first:pl-6">
      <Link {...link} className="group block">
        <span className={clsx('numeric block text-xl font-semibold', look && toneText[look])}>
          {data === undefined ? '–' : value(data)}
        </span>
        <span className="text-sm text-quiet group-hover:text-accent">{text}</span>
      </Link>
    </li>
  )
}

const mayRead = (action: Question['action'], object: string) => ({ action, object, domain: '*' }) as const

/** The state of access in five numbers, each the way to its page. Only for those who may read all of them. */
export function Figures() {
  const bindings = useMay(mayRead('list', 'binding'))
  const policy = useMay(mayRead('get', 'policy'))
  const audit = useMay(mayRead('get', 'audit'))
  const decisions = useMay(mayRead('list', 'decision'))
  const unused = useQuery({
    ...ask('unusedGrants', { query: { days: 30 } }),
    enabled: bindings.known && bindings.allowed,
  })
  const settings = useQuery({ ...ask('getPolicySettings', {}), enabled: policy.known && policy.allowed })
  const raw = useQuery({
    ...ask('listPolicyRevisions', { query: { limit: 1 } }),
    enabled: policy.known && policy.allowed,
  })
  const whole = useQuery({ ...ask('verifyAudit', {}), staleTime: 60_000, enabled: audit.known && audit.allowed })
  const denied = useQuery({
    ...ask('queryDecisions', { query: { allowed: false, limit: 500 } }),
    enabled: decisions.known && decisions.allowed,
  })
  if (!bindings.allowed && !policy.allowed && !audit.allowed) return null
  return (
    <ul className="mb-8 grid grid-cols-2 gap-x-6 gap-y-4 sm:flex sm:flex-wrap">
      <Figure
        of={raw}
        value={({ items }) => items[0]?.revision ?? 0}
        text="revision in force"
        link={{ to: '/access/history' }}
      />
      <Figure
        of={settings}
        value={({ approvalsNeeded }) => (approvalsNeeded === 0 ? 'none' : approvalsNeeded)}
        text="approvals a change needs"
        link={{ to: '/access/changes' }}
      />
      <Figure
        of={unused}
        value={({ items }) => number.format(items.length)}
        tone={({ items }) => (items.length > 0 ? 'degraded' : undefined)}
        text="grants unused for 30 days"
        link={{ to: '/access/review', search: { show: 'unused' } }}
      />
      <Figure
        of={denied}
        value={({ items }) => (items.length >= 500 ? '500 +' : number.format(items.length))}
        text="denials of late"
        link={{ to: '/access/decisions', search: { allowed: 'no' } }}
      />
      <Figure
        of={whole}
        value={({ valid, entries }) => (valid ? number.format(entries) : 'broken')}
        tone={({ valid }) => (valid ? undefined : 'failed')}
        text="entries, ledger whole"
        link={{ to: '/access/audit' }}
      />
    </ul>
  )
}
