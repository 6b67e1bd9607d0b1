import { actions, objectKinds } from '@plinth/contracts'
import type { Action, Question } from '../../api/may.ts'
import { SelectField, SuggestField, TextField } from '../../ui/field.tsx'
import { useNames } from './use-names.ts'

/** What is asked, as the form and the address of the page hold it. */
export type Asked = { action: string; object: string; domain: string; at: string; address: string }

/** The same out of an address, where anything may be missing. */
type Searched = { readonly [Name in keyof Asked]?: string | undefined }

export const isAction = (value: string | undefined): value is Action => actions.some((one) => one === value)

export function questionOf({ action, object, domain }: Searched): Question | undefined {
  if (!isAction(action) || object === undefined || object === '' || domain === undefined || domain === '')
    return undefined
  return { action, object, domain }
}

/** `datetime-local` has no zone: what is typed is the reader's own time. */
export const instantOf = (local: string | undefined): string | undefined => {
  const time = Date.parse(local ?? '')
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
export const circumstancesOf = ({ at, address }: Searched): { at?: string; address?: string } => {
  const instant = instantOf(at)
  return {
    ...(instant !== undefined && { at: instant }),
    ...(address !== undefined && address !== '' && { address }),
  }
}

type Props = { value: Asked; onChange: (value: Asked) => void }

/** Action, object, domain. */
export function QuestionFields({ value, onChange }: Props) {
  const { domains } = useNames()
  return (
    <>
      <SelectField
        label="Action"
        value={value.action}
        onChange={(action) => onChange({ ...value, action })}
        options={actions.map((one) => [one, one] as const)}
      />
      <SuggestField
        label="Object"
        required
        value={value.object}
        onChange={(object) => onChange({ ...value, object })}
        suggestions={objectKinds}
        placeholder="application/ledger"
      />
      <SuggestField
        label="Domain"
        required
        value={value.domain}
        onChange={(domain) => onChange({ ...value, domain })}
        suggestions={['*', ...domains]}
        placeholder="payments/production"
      />
    </>
  )
}

/** When and from where, for bindings that hold at some hours or from some networks only. */
export function CircumstanceFields({ value, onChange }: Props) {
  return (
    <>
      <TextField
        label="At"
        type="datetime-local"
        value={value.at}
        onChange={(at) => onChange({ ...value, at })}
        help="Now, when empty"
      />
      <TextField
        label="From address"
        value={value.address}
        onChange={(address) => onChange({ ...value, address })}
        placeholder="10.1.2.3"
        spellCheck={false}
        help="From no network, when empty"
      />
    </>
  )
}
