import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../../api/queries.ts'
import { Load } from '../../ui/load.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { ConditionsView } from '../shared/conditions-view.tsx'

/** What a subject is bound to itself, in the panel that is about it. */
export function BindingsOf({ subject }: { subject: string }) {
  const bindings = useQuery(ask('listBindings', { query: { subject, limit: 100 } }))
  return (
    <section aria-label="Bindings">
      <div className="mb-1 flex items-baseline gap-3">
        <h3 className="flex-1 font-semibold">Bindings of its own</h3>
        <Link to="/access/bindings" search={{ subject, give: 'new' }} className="text-sm text-accent hover:underline">
          Give a role
        </Link>
      </div>
      <Load of={bindings} lines={1}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-quiet">None; all it may do comes by its groups.</p>
          ) : (
            <ul className="rounded-md border border-line">
              {items.map(({ id, role, domain, expiresAt, conditions }) => (
                <li
                  key={id}
                  className="flex flex-wrap items-center gap-x-3 border-b border-line px-3 py-2 last:border-0"
                >
                  <Subject value={role} bare />
                  <Where domain={domain} />
                  <ConditionsView {...(expiresAt !== undefined && { expiresAt })} {...(conditions && { conditions })} />
                </li>
              ))}
            </ul>
          )
        }
      </Load>
    </section>
  )
}
