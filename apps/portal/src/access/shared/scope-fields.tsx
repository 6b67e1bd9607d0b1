import { actions, objectKinds } from '@plinth/contracts'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { inputLook } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useNames } from './use-names.ts'

export type Scope = NonNullable<Answer<'listMyTokens'>['items'][number]['scopes']>[number]

type Props = { value: readonly Scope[]; onChange: (value: readonly Scope[]) => void }

type RowProps = { at: number; scope: Scope; onChange: (part: Partial<Scope>) => void; onRemove: () => void }

function ScopeRow({ at, scope, onChange, onRemove }: RowProps) {
  return (
    <div className="grid grid-cols-[84px_1fr_1fr_auto] gap-2">
      <select
        aria-label={`Action ${at}`}
        value={scope.action}
        onChange={(event) => onChange({ action: event.target.value as Scope['action'] })}
        className={inputLook}
      >
        {['*', ...actions].map((action) => (
          <option key={action}>{action}</option>
        ))}
      </select>
      <input
        aria-label={`Object ${at}`}
        list="scope-kinds"
        value={scope.object}
        onChange={(event) => onChange({ object: event.target.value })}
        className={inputLook}
      />
      <input
        aria-label={`Domain ${at}`}
        list="scope-domains"
        value={scope.domain}
        onChange={(event) => onChange({ domain: event.target.value })}
        className={inputLook}
      />
      <Button look="quiet" aria-label={`Remove scope ${at}`} onClick={onRemove}>
        <Icon name="close" size={14} />
      </Button>
    </div>
  )
}

/** What a token is narrowed to: without a line it may all that its owner may. */
export function ScopeFields({ value, onChange }: Props) {
  const { domains } = useNames()
  const set = (index: number, part: Partial<Scope>): void =>
    onChange(value.map((scope, at) => (at === index ? { ...scope, ...part } : scope)))
  return (
    <fieldset className="flex flex-col gap-2 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Scopes</legend>
      {value.length === 0 && (
        <p className="text-xs text-quiet">None: the token may all that its owner may. Narrow it to what it is for.</p>
      )}
      {value.map((scope, index) => (
        <ScopeRow
          key={index}
          at={index + 1}
          scope={scope}
          onChange={(part) => set(index, part)}
          onRemove={() => onChange(value.filter((_, at) => at !== index))}
        />
      ))}
      <datalist id="scope-kinds">
        {objectKinds.map((kind) => (
          <option key={kind} value={kind} />
        ))}
      </datalist>
      <datalist id="scope-domains">
        {['*', ...domains].map((domain) => (
          <option key={domain} value={domain} />
        ))}
      </datalist>
      <div>
        <Button
          small
          onClick={() => onChange([...value, { action: 'get', object: 'component', domain: domains[0] ?? '*' }])}
        >
          <Icon name="plus" size={14} /> Add a scope
        </Button>
      </div>
    </fieldset>
  )
}
