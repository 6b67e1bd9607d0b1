import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ask } from '../../api/queries.ts'
import { Load } from '../../ui/load.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { PolicyWorkbench, type View } from './policy-workbench.tsx'

const views = [
  ['edit', 'Edit'],
  ['diff', 'Compare'],
  ['model', 'model.conf'],
] as const satisfies readonly (readonly [View, string])[]

const viewOf = (value: string | undefined): View => views.find(([view]) => view === value)?.[0] ?? 'edit'

export function PolicyPage() {
  const { view, changeSet } = useSearch({ from: '/app/access/policy' })
  const navigate = useNavigate({ from: '/access/policy' })
  const policy = useQuery(ask('getRawPolicy', {}))
  const draft = useQuery({
    ...ask('getChangeSet', { params: { changeSet: changeSet ?? '' } }),
    enabled: changeSet !== undefined,
  })
  const shown = viewOf(view)
  return (
    <AccessPage
      title="Policy"
      lead="policy.csv as Casbin reads it. Edit it here; nothing is in force before a change set is applied."
      cli={
        'plinth policy export > policy.csv\nplinth policy validate policy.csv\nplinth policy diff policy.csv\nplinth change-set create --file policy.csv --title "…"'
      }
      needs={{ action: 'get', object: 'policy', domain: '*' }}
      actions={
        <Segmented
          label="What to show"
          value={shown}
          onChange={(next) => void navigate({ search: (now) => ({ ...now, view: next }), replace: true })}
          options={views}
        />
      }
    >
      <Load of={policy} lines={10}>
        {(raw) =>
          changeSet !== undefined && draft.isPending ? null : (
            <PolicyWorkbench key={changeSet ?? 'new'} raw={raw} view={shown} draft={draft.data} />
          )
        }
      </Load>
    </AccessPage>
  )
}
