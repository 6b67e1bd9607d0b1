import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { useMay } from '../../api/may.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { CheckField, SuggestField, TextArea, TextField } from '../../ui/field.tsx'
import { whereText } from '../../ui/names.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { DurationField, durationText } from '../shared/duration-field.tsx'
import { roleSubject, useNames } from '../shared/use-names.ts'

const seeded = ['role:developer', 'role:qa', 'role:deployer', 'role:team-lead', 'role:auditor']
const domainPattern = /^(?:\*|[a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*)?)$/
const reasonMin = 3
/** Longer than that, somebody can be found who decides. */
const glassMinutesMax = 60

type Start = { role: string; domain: string; reason: string; breakGlass: boolean }

function Glass({ domain, on, onChange }: { domain: string; on: boolean; onChange: (on: boolean) => void }) {
  const valid = domainPattern.test(domain)
  const may = useMay(valid ? { action: 'use', object: 'break-glass', domain } : undefined)
  if (!valid || !may.known) return null
  if (!may.allowed && !on) return null
  return (
    <CheckField
      label="Break the glass"
      help="At once, without approval, through a freeze too. Everybody who watches over the platform is told, and the ledger keeps it."
      checked={on}
      onChange={onChange}
    />
  )
}

/** Asks for a role for a time; or takes it at once where that is one's to do. */
export function AskAccess({ start, onClose }: { start: Start; onClose: () => void }) {
  const [role, setRole] = useState(start.role === '' ? '' : roleSubject(start.role))
  const [domain, setDomain] = useState(start.domain)
  const [reason, setReason] = useState(start.reason)
  const [minutes, setMinutes] = useState(60)
  const [breakGlass, setBreakGlass] = useState(start.breakGlass)
  const [typed, setTyped] = useState('')
  const names = useNames()
  const create = useAction('createAccessRequest', {
    quiet: true,
    stale: ['listAccessRequests', 'getMe', 'canI', 'listBindings', 'whatCan'],
    done: ({ state }) =>
      state === 'granted'
        ? `You have ${role} in ${whereText(domain)} for ${durationText(durationMinutes)}; it is in the ledger`
        : 'Asked; whoever may decide sees it now',
    onDone: onClose,
  })
  const durationMinutes = breakGlass ? Math.min(minutes, glassMinutesMax) : minutes
  const ready = reason.trim().length >= reasonMin && (!breakGlass || typed === domain)
  return (
    <Dialog title={breakGlass ? 'Break the glass' : 'Ask for access'} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate({
            body: { role, domain, reason: reason.trim(), durationMinutes, ...(breakGlass && { breakGlass }) },
          })
        }}
      >
        <SuggestField
          label="Role"
          required
          value={role}
          onChange={setRole}
          suggestions={names.roles.length > 0 ? names.roles : seeded}
          placeholder="role:deployer"
        />
        <SuggestField
          label="Domain"
          required
          value={domain}
          onChange={setDomain}
          suggestions={names.domains}
          placeholder="payments/production"
          help="As narrow as what you are about to do"
        />
        <DurationField
          label="For"
          value={durationMinutes}
          onChange={setMinutes}
          {...(breakGlass && { most: glassMinutesMax })}
        />
        <TextArea
          label="Why"
          required
          rows={2}
          value={reason}
          onChange={setReason}
          placeholder="Roll back ledger: incident 4711"
          help="Whoever decides reads it, and the ledger keeps it."
        />
        <Glass domain={domain} on={breakGlass} onChange={setBreakGlass} />
        {breakGlass && (
          <TextField
            label={`Type ${domain === '' ? 'the domain' : domain} to go on`}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        {create.isError && <ProblemView error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look={breakGlass ? 'danger' : 'primary'} busy={create.isPending} disabled={!ready}>
            {breakGlass ? 'Break the glass' : 'Ask'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
