import { Link } from '@tanstack/react-router'
import { buttonLook } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'

export function NotFound() {
  return (
    <Page title="Nothing at this address" lead="The page was moved or removed, or the address has a slip.">
      <p className="mb-4 text-quiet">
        Press <kbd>⌘K</kbd> or <kbd>Ctrl K</kbd> to find a component, or start again from home.
      </p>
      <Link to="/" className={buttonLook('primary')}>
        Home
      </Link>
    </Page>
  )
}
