import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { useMay } from '../../api/may.ts'
import { CheckField, SuggestField, TextArea, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { whereText } from '../../ui/names.tsx'
import { DurationField, durationText } from '../shared/duration-field.tsx'
import { roleSubject, useNames } from '../shared/use-names.ts'

const seeded = ['role:developer', 'role:qa', 'role:deployer', 'role:team-lead', 'role:auditor']
const domainPattern = /^(?:\*|[a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*)?)$/
const reasonMin = 3
/** Longer than that, somebody can be found who decides. */
const glassMinutesMax = 60

type Start = { role: string; domain: string; reason: string; breakGlass: boolean }

type GlassProps = {
  domain: string
  on: boolean
  onChange: (on: boolean) => void
  typed: string
  onType: (typed: string) => void
}

/** Offered where one may; dangerous, so it asks for the domain by name. */
function Glass({ domain, on, onChange, typed, onType }: GlassProps) {
  const valid = domainPattern.test(domain)
  const may = useMay(valid ? { action: 'use', object: 'break-glass', domain } : undefined)
  if (!on && (!valid || !may.known || !may.allowed)) return null
  return (
    <>
      <CheckField
        label="Break the glass"
        help="At once, without approval, through a freeze too. Everybody who watches over the platform is told, and the ledger keeps it."
        checked={on}
        onChange={onChange}
      />
      {on && (
        <TextField
          label={`Type ${domain === '' ? 'the domain' : domain} to go on`}
          value={typed}
          onChange={onType}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </>
  )
}

type WhatProps = { role: string; domain: string; onRole: (role: string) => void; onDomain: (domain: string) => void }

function What({ role, domain, onRole, onDomain }: WhatProps) {
  const names = useNames()
  return (
    <>
      <SuggestField
        label="Role"
        required
        value={role}
        onChange={onRole}
        suggestions={names.roles.length > 0 ? names.roles : seeded}
        placeholder="role:deployer"
      />
      <SuggestField
        label="Domain"
        required
        value={domain}
        onChange={onDomain}
        suggestions={names.domains}
        placeholder="payments/production"
        help="As narrow as what you are about to do"
      />
    </>
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
  const send = (): void =>
    create.mutate({
      body: { role, domain, reason: reason.trim(), durationMinutes, ...(breakGlass && { breakGlass }) },
    })
  return (
    <FormDialog
      title={breakGlass ? 'Break the glass' : 'Ask for access'}
      action={breakGlass ? 'Break the glass' : 'Ask'}
      danger={breakGlass}
      busy={create.isPending}
      ready={ready}
      error={create.error}
      onSubmit={send}
      onClose={onClose}
    >
      <What role={role} domain={domain} onRole={setRole} onDomain={setDomain} />
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
      <Glass domain={domain} on={breakGlass} onChange={setBreakGlass} typed={typed} onType={setTyped} />
    </FormDialog>
  )
}
