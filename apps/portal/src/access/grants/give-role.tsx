import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { SuggestField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { whereText } from '../../ui/names.tsx'
import { type ConditionsDraft, ConditionsFields, conditionsOf, noConditions } from '../shared/conditions-fields.tsx'
import { instantOf } from '../shared/question-fields.tsx'
import { useNames } from '../shared/use-names.ts'
import { ChangeSetNeeded } from './change-set-needed.tsx'

type Start = { subject: string; role: string; domain: string }

const stale = ['listBindings', 'canI', 'getMe', 'whatCan', 'accessReview'] as const
const quickHours = [1, 8, 24 * 7, 24 * 90] as const
const quickText = (hours: number): string => (hours < 24 ? `${hours} h` : `${hours / 24} days`)

/** As `datetime-local` takes it: the reader's own time, without a zone. */
const localText = (at: Date): string =>
  new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)

function Expiry({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <div className="flex flex-col gap-2">
      <TextField
        label="Ends"
        type="datetime-local"
        value={value}
        onChange={onChange}
        help="Empty: it holds until it is ended"
      />
      <div className="flex flex-wrap gap-1">
        {quickHours.map((hours) => (
          <Button key={hours} small onClick={() => onChange(localText(new Date(Date.now() + hours * 3_600_000)))}>
            in {quickText(hours)}
          </Button>
        ))}
        {value !== '' && (
          <Button small look="quiet" onClick={() => onChange('')}>
            never
          </Button>
        )}
      </div>
    </div>
  )
}

function rowOf(start: Start, ends: string, draft: ConditionsDraft) {
  const expiresAt = instantOf(ends)
  const conditions = conditionsOf(draft)
  return { ...start, ...(expiresAt !== undefined && { expiresAt }), ...(conditions && { conditions }) }
}

export function GiveRole({ start, onClose }: { start: Start; onClose: () => void }) {
  const [subject, setSubject] = useState(start.subject)
  const [role, setRole] = useState(start.role)
  const [domain, setDomain] = useState(start.domain)
  const [ends, setEnds] = useState('')
  const [conditions, setConditions] = useState(noConditions)
  const names = useNames()
  const give = useAction('createBinding', {
    quiet: true,
    stale,
    done: `${subject} has ${role} in ${whereText(domain)}`,
    onDone: onClose,
  })
  const row = rowOf({ subject, role, domain }, ends, conditions)
  return (
    <FormDialog
      title="Give a role"
      look="drawer"
      action="Give it"
      busy={give.isPending}
      onSubmit={() => give.mutate({ body: row })}
      onClose={onClose}
    >
      <SuggestField
        label="Subject"
        required
        value={subject}
        onChange={setSubject}
        suggestions={names.subjects}
        help="user:ana, group:payments/leads, sa:payments/ledger"
      />
      <SuggestField
        label="Role"
        required
        value={role}
        onChange={setRole}
        suggestions={[...names.roles, ...names.groups]}
        help="role:developer; Roles shows what each may do"
      />
      <SuggestField
        label="Domain"
        required
        value={domain}
        onChange={setDomain}
        suggestions={['*', ...names.domains]}
        help="A project, project/environment, or * for the whole platform. Nobody gives what they do not hold."
      />
      <Expiry value={ends} onChange={setEnds} />
      <ConditionsFields value={conditions} onChange={setConditions} />
      {give.isError && (
        <ChangeSetNeeded error={give.error} title={`Give ${role} to ${subject}`} edit={{ addLinks: [row] }} />
      )}
    </FormDialog>
  )
}
