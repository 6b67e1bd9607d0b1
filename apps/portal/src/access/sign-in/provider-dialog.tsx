import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { CheckField, inputLook, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useNames } from '../shared/use-names.ts'

type Provider = Answer<'listIdentityProviders'>['items'][number]
type Pair = readonly [theirs: string, ours: string]

function GroupMap({ pairs, onChange }: { pairs: readonly Pair[]; onChange: (pairs: readonly Pair[]) => void }) {
  const { groups } = useNames()
  const set = (index: number, pair: Pair): void => onChange(pairs.map((one, at) => (at === index ? pair : one)))
  return (
    <fieldset className="flex flex-col gap-2 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Groups taken over</legend>
      <p className="text-xs text-quiet">
        Theirs at the left, ours at the right. One that is not named is not taken over.
      </p>
      {pairs.map(([theirs, ours], index) => (
        <div key={index} className="grid grid-cols-[1fr_auto_1fr_auto] items-center gap-2">
          <input
            aria-label={`Group of the provider ${index + 1}`}
            value={theirs}
            onChange={(event) => set(index, [event.target.value, ours])}
            className={inputLook}
          />
          <span aria-hidden="true" className="text-quiet">
            →
          </span>
          <input
            aria-label={`Group here ${index + 1}`}
            list="our-groups"
            value={ours}
            onChange={(event) => set(index, [theirs, event.target.value])}
            className={inputLook}
          />
          <Button
            look="quiet"
            aria-label={`Remove group ${index + 1}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            <Icon name="close" size={14} />
          </Button>
        </div>
      ))}
      <datalist id="our-groups">
        {groups.map((group) => (
          <option key={group} value={group.slice('group:'.length)} />
        ))}
      </datalist>
      <div>
        <Button small onClick={() => onChange([...pairs, ['', '']])}>
          <Icon name="plus" size={14} /> Add a group
        </Button>
      </div>
    </fieldset>
  )
}

const start = {
  name: '',
  displayName: '',
  issuer: '',
  clientId: '',
  clientSecret: '',
  scopes: 'openid profile email',
  usernameClaim: 'preferred_username',
  groupsClaim: '',
}
type Draft = typeof start

const draftOf = (provider: Provider | undefined): Draft =>
  provider
    ? {
        ...start,
        name: provider.name,
        displayName: provider.displayName,
        issuer: provider.issuer,
        clientId: provider.clientId,
        scopes: provider.scopes.join(' '),
        usernameClaim: provider.usernameClaim,
        groupsClaim: provider.groupsClaim ?? '',
      }
    : start

function bodyOf(
  { name: _name, clientSecret, groupsClaim, scopes, ...rest }: Draft,
  pairs: readonly Pair[],
  signUp: boolean,
) {
  const groups = Object.fromEntries(pairs.filter(([theirs, ours]) => theirs !== '' && ours !== ''))
  return {
    ...rest,
    scopes: scopes.split(/[\s,]+/).filter((scope) => scope !== ''),
    signUp,
    ...(clientSecret !== '' && { clientSecret }),
    ...(groupsClaim !== '' && { groupsClaim, groups }),
  }
}

function RedirectUri({ known, name }: { known: string | undefined; name: string }) {
  return (
    <p className="text-sm text-quiet">
      Register this redirect URI there:{' '}
      <code className="break-all text-ink">
        {known ?? `${location.origin}/auth/oidc/${name === '' ? '<name>' : name}/callback`}
      </code>
    </p>
  )
}

export function ProviderDialog({ provider, onClose }: { provider: Provider | undefined; onClose: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(provider))
  const [pairs, setPairs] = useState<readonly Pair[]>(() => Object.entries(provider?.groups ?? {}))
  const [signUp, setSignUp] = useState(provider?.signUp ?? true)
  const set = (name: keyof Draft) => (value: string) => setDraft((now) => ({ ...now, [name]: value }))
  const put = useAction('putIdentityProvider', {
    quiet: true,
    stale: ['listIdentityProviders', 'listSignInProviders'],
    done: ({ displayName }) => `People may sign in with ${displayName}`,
    onDone: onClose,
  })
  const save = (): void => put.mutate({ params: { provider: draft.name }, body: bodyOf(draft, pairs, signUp) })
  const field = (name: keyof Draft, label: string, help?: string, required = true) => (
    <TextField
      label={label}
      required={required}
      value={draft[name]}
      onChange={set(name)}
      spellCheck={false}
      autoComplete="off"
      {...(name === 'clientSecret' && { type: 'password' })}
      {...(help !== undefined && { help })}
    />
  )
  return (
    <FormDialog
      title={provider ? `Edit ${provider.displayName}` : 'Add a provider'}
      look="drawer"
      action={provider ? 'Save' : 'Add it'}
      busy={put.isPending}
      error={put.error}
      onSubmit={save}
      onClose={onClose}
    >
      {provider === undefined && field('name', 'Name', 'Goes into the redirect URI: small letters, digits and hyphens')}
      {field('displayName', 'Shown as', 'On the button of the sign-in page')}
      {field('issuer', 'Issuer', 'Its discovery document is read from here, and must name the same issuer')}
      {field('clientId', 'Client id')}
      {field(
        'clientSecret',
        'Client secret',
        provider ? 'Kept as it is when empty' : 'Kept encrypted and never shown; empty for a public client',
        false,
      )}
      <RedirectUri known={provider?.redirectUri} name={draft.name} />
      {field('scopes', 'Scopes', 'openid is always asked for', false)}
      {field('usernameClaim', 'User name from the claim', 'preferred_username, email, upn')}
      {field('groupsClaim', 'Groups from the claim', 'groups; empty: none are taken over', false)}
      {draft.groupsClaim !== '' && <GroupMap pairs={pairs} onChange={setPairs} />}
      <CheckField
        label="A first sign-in makes the user"
        help="Otherwise only users who are there already may come this way."
        checked={signUp}
        onChange={setSignUp}
      />
    </FormDialog>
  )
}
