import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { clsx } from 'clsx'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { buttonLook } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { Section } from '../../ui/page.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { ConditionsView } from '../shared/conditions-view.tsx'
import { roleSubject } from '../shared/use-names.ts'
import { RoleMatrix } from './role-matrix.tsx'

type Role = Answer<'listRoles'>['items'][number]

/** Those that hold the role by a binding of their own. */
function Holders({ role }: { role: string }) {
  const bindings = useQuery(ask('listBindings', { query: { limit: 200 } }))
  return (
    <Load of={bindings} lines={2}>
      {({ items }) => {
        const held = items.filter((binding) => binding.role === role)
        return held.length === 0 ? (
          <p className="text-quiet">Nobody is bound to it.</p>
        ) : (
          <ul className="grid gap-x-6 sm:grid-cols-2">
            {held.map(({ id, subject, domain, expiresAt, conditions }) => (
              <li key={id} className="flex flex-wrap items-center gap-x-2 border-b border-line py-1.5">
                <Subject value={subject} link /> <span className="text-quiet">in</span> <Where domain={domain} />
                {(expiresAt !== undefined || conditions) && (
                  <ConditionsView {...(expiresAt !== undefined && { expiresAt })} {...(conditions && { conditions })} />
                )}
              </li>
            ))}
          </ul>
        )
      }}
    </Load>
  )
}

const shortName = (name: string): string => name.replace(/^role:/, '')

function RoleList({ roles, chosen }: { roles: readonly Role[]; chosen: string }) {
  return (
    <ul aria-label="Roles" className="flex gap-1 overflow-x-auto pb-1 lg:flex-col lg:overflow-visible">
      {roles.map(({ name, rules }) => (
        <li key={name} className="shrink-0">
          <Link
            to="/access/roles"
            search={{ role: roleSubject(name) }}
            aria-current={name === chosen ? 'true' : undefined}
            className={clsx(
              'flex h-8 items-center gap-2 rounded-md px-2.5',
              name === chosen ? 'bg-accent-soft font-medium' : 'text-quiet hover:bg-sunken hover:text-ink',
            )}
          >
            <span className="flex-1 whitespace-nowrap">{shortName(name)}</span>
            <span className="numeric text-xs text-quiet">{rules.length}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

export function RolesPage() {
  const search = useSearch({ from: '/app/access/roles' })
  const roles = useQuery(ask('listRoles', {}))
  return (
    <AccessPage
      title="Roles"
      lead="What each role may do. A role says what; the binding says where."
      cli="plinth role list"
      needs={{ action: 'list', object: 'role', domain: '*' }}
    >
      <Load of={roles} lines={6}>
        {({ items }) => {
          const role = items.find(({ name }) => roleSubject(name) === search.role) ?? items[0]
          if (!role)
            return (
              <Empty title="No role">
                A role is a set of rules with a name, such as <code>p, role:qa, *, pipeline, run, allow</code>.
              </Empty>
            )
          return (
            <div className="grid items-start gap-6 lg:grid-cols-[168px_minmax(0,1fr)]">
              <RoleList roles={items} chosen={role.name} />
              <div className="min-w-0">
                <div className="mb-4 flex flex-wrap items-start gap-3">
                  <div className="min-w-0 flex-1 basis-60">
                    <h2 className="text-lg font-semibold">{shortName(role.name)}</h2>
                    <p className="text-quiet">{role.description}</p>
                  </div>
                  <Link
                    to="/access/bindings"
                    search={{ role: roleSubject(role.name), give: 'new' }}
                    className={buttonLook()}
                  >
                    Give this role
                  </Link>
                </div>
                <Section title="May">
                  <RoleMatrix name={shortName(role.name)} rules={role.rules} />
                </Section>
                <Section title="Held by">
                  <Holders role={roleSubject(role.name)} />
                </Section>
              </div>
            </div>
          )
        }}
      </Load>
    </AccessPage>
  )
}
