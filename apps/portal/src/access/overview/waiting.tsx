import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMay } from '../../api/may.ts'
import { ask } from '../../api/queries.ts'
import { Icon } from '../../ui/icon.tsx'
import { Where } from '../../ui/names.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { Ago } from '../../ui/time.tsx'
import { ChangeSetState } from '../policy/change-set-state.tsx'

/** Change sets that somebody should look at: proposed, or approved and not yet in force. */
export function ChangesWaiting() {
  const may = useMay({ action: 'list', object: 'policy', domain: '*' })
  const all = useQuery({
    ...ask('listChangeSets', { query: { limit: 100 } }),
    enabled: may.known && may.allowed,
  })
  const waiting = (all.data?.items ?? []).filter(({ state }) => state === 'proposed' || state === 'approved')
  if (waiting.length === 0) return null
  return (
    <Section title="Change sets that wait" aside={waiting.length}>
      <Card>
        <ul>
          {waiting.map(({ id, title, state, author, added, removed, updatedAt }) => (
            <li
              key={id}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-0"
            >
              <Link
                to="/access/changes/$changeSet"
                params={{ changeSet: id }}
                className="min-w-0 flex-1 basis-56 font-medium hover:text-accent"
              >
                {title}
              </Link>
              <ChangeSetState state={state} />
              <span className="numeric text-sm">
                <span className="text-healthy">+{added}</span> <span className="text-failed">−{removed}</span>
              </span>
              <span className="text-sm text-quiet">
                {author.replace(/^user:/, '')}, <Ago at={updatedAt} />
              </span>
            </li>
          ))}
        </ul>
      </Card>
    </Section>
  )
}

export function FreezesInForce() {
  const freezes = useQuery(ask('listFreezes', {})).data?.items ?? []
  return (
    <Section
      title="Freezes"
      aside={
        <Link to="/access/freezes" className="text-accent hover:underline">
          All
        </Link>
      }
      flush
    >
      <Card>
        {freezes.length === 0 ? (
          <p className="p-4 text-quiet">Nothing is frozen.</p>
        ) : (
          <ul>
            {freezes.map(({ id, domain, from, until, reason }) => {
              const begun = Date.parse(from) <= Date.now()
              return (
                <li key={id} className="flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0">
                  <Icon name="snow" className={begun ? 'mt-0.5 text-progressing' : 'mt-0.5 text-quiet'} />
                  <span className="min-w-0 flex-1">
                    <Where domain={domain} /> <span className="text-quiet">“{reason}”</span>
                  </span>
                  <span className="text-sm text-quiet">
                    {begun ? <Ago at={until} prefix="ends " /> : <Ago at={from} prefix="begins " />}
                  </span>
                </li>
              )
            })}
          </ul>
        )}
      </Card>
    </Section>
  )
}
