import { useQuery } from '@tanstack/react-query'
import { ask } from '../api/queries.ts'
import { Empty } from '../ui/empty.tsx'
import { Load } from '../ui/load.tsx'
import { StatusShape } from '../ui/status.tsx'

export function RolesView() {
  const roles = useQuery(ask('listRoles', {}))
  return (
    <Load of={roles}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No role">A role is a set of rules with a name.</Empty>
        ) : (
          <div className="grid items-start gap-4 md:grid-cols-2">
            {items.map(({ name, description, rules }) => (
              <section key={name} aria-label={name} className="rounded-md border border-line bg-surface p-4">
                <h2 className="font-semibold">{name.replace(/^role:/, '')}</h2>
                <p className="text-sm text-quiet">{description}</p>
                <details className="mt-2 text-sm">
                  <summary className="text-quiet">{rules.length} rules</summary>
                  <ul className="mt-2 flex flex-col gap-1">
                    {rules.map(({ id, effect, action, object, domain }) => (
                      <li key={id} className="flex items-center gap-2">
                        <StatusShape tone={effect === 'deny' ? 'failed' : 'healthy'} size={10} />
                        <code className="text-xs break-all">
                          <span className="sr-only">{effect} </span>
                          {action} {object}
                          {domain === '*' ? '' : ` in ${domain}`}
                        </code>
                      </li>
                    ))}
                  </ul>
                </details>
              </section>
            ))}
          </div>
        )
      }
    </Load>
  )
}
