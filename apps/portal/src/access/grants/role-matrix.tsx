import { actions } from '@plinth/contracts'
import type { Answer } from '../../api/plinth.ts'
import { StatusShape } from '../../ui/status.tsx'

type Rule = Answer<'listRoles'>['items'][number]['rules'][number]

const columns = ['*', ...actions] as const

type Mark = { effect: 'allow' | 'deny'; domains: readonly string[] }

function marksOf(rules: readonly Rule[]): ReadonlyMap<string, ReadonlyMap<string, Mark>> {
  const rows = new Map<string, Map<string, Mark>>()
  for (const { object, action, effect, domain } of rules) {
    const row = rows.get(object) ?? new Map<string, Mark>()
    rows.set(object, row)
    const before = row.get(action)
    row.set(action, {
      effect: before?.effect === 'deny' ? 'deny' : effect,
      domains: [...(before?.domains ?? []), domain],
    })
  }
  return rows
}

/** What a role may do: things down, actions across; dense, since one compares. */
export function RoleMatrix({ name, rules }: { name: string; rules: readonly Rule[] }) {
  const rows = marksOf(rules)
  const used = columns.filter((action) => rules.some((rule) => rule.action === action))
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={`What ${name} may do, table`}
      className="overflow-x-auto rounded-md border border-line bg-surface"
    >
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-quiet">
            <th scope="col" className="px-3 py-2 text-left font-medium">
              On
            </th>
            {used.map((action) => (
              <th key={action} scope="col" className="px-2 py-2 text-center font-medium">
                {action === '*' ? 'anything' : action}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...rows].map(([object, marks]) => (
            <tr key={object} className="border-b border-line last:border-0 hover:bg-ground">
              <th scope="row" className="px-3 py-1.5 text-left font-mono text-xs font-normal whitespace-nowrap">
                {object === '*' ? 'everything' : object}
              </th>
              {used.map((action) => {
                const mark = marks.get(action)
                return (
                  <td key={action} className="px-2 py-1.5 text-center">
                    {mark && (
                      <span
                        className="inline-flex items-center gap-1 align-middle"
                        title={`${mark.effect} ${action} ${object} in ${mark.domains.join(', ')}`}
                      >
                        <StatusShape tone={mark.effect === 'deny' ? 'failed' : 'healthy'} size={11} />
                        <span className="sr-only">{mark.effect}</span>
                        {mark.domains.some((domain) => domain !== '*') && (
                          <span className="font-mono text-xs text-quiet">{mark.domains.join(' ')}</span>
                        )}
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
