import { useSearch } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { useState } from 'react'
import { useQueries } from '@tanstack/react-query'
import { askMay, type Question } from '../../api/may.ts'
import { useViewedAs, viewAs } from '../../api/view-as.ts'
import { queryClient } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { SuggestField } from '../../ui/field.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { whereText } from '../../ui/names.tsx'
import { Section } from '../../ui/page.tsx'
import { StatusShape } from '../../ui/status.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { useNames } from '../shared/use-names.ts'

const rows: readonly (readonly [text: string, action: Question['action'], object: string])[] = [
  ['See components', 'list', 'component'],
  ['Create a component', 'create', 'component'],
  ['Read logs', 'list', 'log'],
  ['Run a pipeline', 'run', 'pipeline'],
  ['Deploy', 'deploy', 'application'],
  ['Approve a change', 'approve', 'change-request'],
  ['Roll back', 'rollback', 'application'],
  ['Restart', 'run', 'workload'],
  ['Open a shell', 'exec', 'workload'],
  ['Give roles', 'grant', 'binding'],
  ['Break the glass', 'use', 'break-glass'],
]
const domainsMax = 9

/** The few things that people ask about first, over the domains: what is theirs, at a glance. */
function Glance({ subject, domains }: { subject: string; domains: readonly string[] }) {
  const asked = rows.flatMap(([, action, object]) => domains.map((domain) => ({ action, object, domain })))
  const answers = useQueries({ queries: asked.map((question) => askMay(question, subject)) })
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={`What ${subject} may, table`}
      className="overflow-x-auto rounded-md border border-line bg-surface"
    >
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-quiet">
            <th scope="col" className="px-3 py-2 text-left font-medium">
              May
            </th>
            {domains.map((domain) => (
              <th key={domain} scope="col" className="px-2 py-2 text-center font-medium">
                {domain === '*'
                  ? 'everywhere'
                  : domain.split('/').map((part) => (
                      <span key={part} className="block whitespace-nowrap">
                        {part}
                      </span>
                    ))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([text], row) => (
            <tr key={text} className="border-b border-line last:border-0 hover:bg-ground">
              <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
                {text}
              </th>
              {domains.map((domain, column) => {
                const verdict = answers[row * domains.length + column]?.data
                return (
                  <td key={domain} className="px-2 py-1.5 text-center" title={verdict?.reason}>
                    {verdict && (
                      <span className={clsx(!verdict.allowed && 'text-quiet')}>
                        {verdict.allowed ? (
                          <StatusShape tone="healthy" size={11} className="inline" />
                        ) : (
                          <span aria-hidden="true">–</span>
                        )}
                        <span className="sr-only">{verdict.allowed ? 'yes' : 'no'}</span>
                      </span>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** From one to another, every judgement is another. */
function see(subject: string | undefined): void {
  viewAs(subject)
  void queryClient.invalidateQueries({ queryKey: ['canI'] })
}

export function ViewAsPage() {
  const search = useSearch({ from: '/app/access/view-as' })
  const viewed = useViewedAs()
  const names = useNames()
  const [who, setWho] = useState(search.subject ?? viewed ?? '')
  const domains = ['*', ...names.domains].slice(0, domainsMax)
  return (
    <AccessPage
      title="View as"
      lead="See the portal as somebody else would: what is locked for them is locked for you, and nothing is changed."
      cli={`plinth can-i deploy application --in payments/production --as ${viewed ?? (who === '' ? 'user:dev' : who)}`}
    >
      <form
        className="mb-6 flex max-w-xl flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          see(who)
        }}
      >
        <div className="min-w-60 flex-1">
          <SuggestField
            label="As whom"
            required
            value={who}
            onChange={setWho}
            suggestions={[...names.subjects, ...names.roles]}
            placeholder="user:dev"
          />
        </div>
        {viewed === undefined ? (
          <MayButton type="submit" look="primary" needs={{ action: 'list', object: 'binding', domain: '*' }}>
            View as {who}
          </MayButton>
        ) : (
          <>
            <Button type="submit" look="primary" disabled={who === viewed}>
              View as {who}
            </Button>
            <Button onClick={() => see(undefined)}>Be myself again</Button>
          </>
        )}
      </form>
      {viewed === undefined ? (
        <p className="max-w-prose text-quiet">
          The navigation and the buttons are judged by what that subject may. The contents of a page stay those that you
          may read. Nothing can be changed meanwhile, and each question is one that you could ask by <em>Explain</em>.
        </p>
      ) : (
        <Section
          title={`What ${viewed} may`}
          aside={`in ${domains.map(whereText).slice(0, 3).join(', ')}${domains.length > 3 ? ' …' : ''}`}
        >
          <Glance subject={viewed} domains={domains} />
        </Section>
      )}
    </AccessPage>
  )
}
