import type { Attack } from '../attack.ts'
import { refused } from '../refused.ts'
import { guardedPath, requestText, secretOfGuarded, type Target } from '../target.ts'
import type { Expectation } from '../verdict.ts'

const notCanonical: Expectation = { statuses: [400], code: 'gateway.path_refused', never: secretOfGuarded }
const badRequest: Expectation = { statuses: [400], never: secretOfGuarded }
const unknown: Expectation = { statuses: [404], never: secretOfGuarded }

const dots = 'CVE-2026-33808; RFC 3986 section 6.2.2.3'
const encoded = 'RFC 3986 section 6.2.2.2'
const escapedSlash = 'Envoy edge guide: path_with_escaped_slashes_action'

/** Other spellings of a path that is guarded: two programs may read them as two paths. */
export const pathAttacks = (target: Target): Attack[] => {
  const asked = (path: string): string => requestText(target, { path })
  return refused('paths', [
    ['a dot segment', dots, asked('/api/./v1/me'), notCanonical],
    ['an encoded dot segment', dots, asked('/api/%2e/v1/me'), notCanonical],
    ['a parent segment', dots, asked('/api/v1/x/../me'), notCanonical],
    ['an encoded parent segment', dots, asked('/api/v1/x/%2e%2e/me'), notCanonical],
    ['a half-encoded parent segment', dots, asked('/api/v1/x/.%2E/me'), notCanonical],
    ['a parent segment at the end', dots, asked('/api/v1/me/..'), notCanonical],
    ['a parent segment with parameters', 'CVE-2020-5902', asked('/api/v1/x/..;/me'), notCanonical],
    ['a climb out of public files', 'CVE-2021-41773', asked('/assets/.%2e/.%2e/etc/passwd'), notCanonical],
    ['a doubly encoded climb', 'CVE-2021-42013', asked('/assets/%%32%65%%32%65/etc/passwd'), notCanonical],
    ['an encoded slash', escapedSlash, asked('/api/v1%2fme'), notCanonical],
    ['an encoded backslash', escapedSlash, asked('/api/v1%5cme'), notCanonical],
    ['a backslash', 'CVE-2026-33805', asked('/api/v1\\me'), notCanonical],
    ['a backslash that climbs', 'CVE-2026-33805', asked('/api/x\\..\\v1/me'), notCanonical],
    ['an empty segment', 'CVE-2026-2880', asked('/api//v1/me'), notCanonical],
    ['an empty segment at the start', 'CVE-2026-2880', asked('//api/v1/me'), notCanonical],
    ['path parameters', 'CVE-2026-2880', asked('/api/v1/me;a=b'), notCanonical],
    ['encoded path parameters', 'CVE-2026-2880', asked('/api/v1/me%3ba=b'), notCanonical],
    ['a NUL', 'CWE-158', asked('/api/v1/me%00'), notCanonical],
    ['an encoded line break', 'CWE-93', asked('/api/v1/me%0d%0aset-cookie:%20a=b'), notCanonical],
    ['an encoded delete character', 'CWE-150', asked('/api/v1/me%7f'), notCanonical],
    ['a C1 control character', 'CWE-150', asked('/api/v1/me%c2%85'), notCanonical],
    ['double encoding', 'CWE-174', asked('/api/v1/%252e%252e/me'), notCanonical],
    ['an encoded letter', encoded, asked('/api/v1/%6de'), notCanonical],
    ['overlong UTF-8', 'RFC 3629 section 10', asked('/api/v1/%c0%afme'), notCanonical],
    ['a surrogate in UTF-8', 'RFC 3629 section 3', asked('/api/v1/%ed%a0%80me'), notCanonical],
    ['broken UTF-8', 'RFC 3629 section 3', asked('/api/v1/%ff'), notCanonical],
    ['broken percent-encoding', 'RFC 3986 section 2.1', asked('/api/v1/%zz'), notCanonical],
    ['a percent sign alone', 'RFC 3986 section 2.1', asked('/api/v1/me%'), notCanonical],
    ['%u encoding', 'CWE-174', asked('/api/v1/%u006de'), notCanonical],
    ['a fragment', 'RFC 9112 section 3.2', asked('/api/v1/me#x'), notCanonical],
    ['bytes that must be encoded', 'RFC 3986 section 2', asked('/api/v1/m\u00eb'), { ...badRequest, statuses: [400] }],
    ['a tab', 'RFC 9112 section 3.2', asked('/api/v1/me\t'), badRequest],
    ['a space', 'RFC 9112 section 3.2', asked('/api/v1/me x'), badRequest],
    ['a whole URL of another host', 'RFC 9112 section 3.2.2', asked('http://other.example/api/v1/me'), notCanonical],
    ['a whole URL of this host', 'CVE-2021-40438', asked(`http://${target.authority}${guardedPath}`), notCanonical],
    ['an authority alone', 'RFC 9112 section 3.2.3', asked(target.authority), badRequest],
    ['an asterisk for a path', 'RFC 9112 section 3.2.4', asked('*'), badRequest],
    ['no slash at the start', 'CVE-2021-40438', asked('@other.example/api/v1/me'), badRequest],
    ['a path of 9,000 characters', 'RFC 9110 section 4.1', asked(`/api/v1/${'a'.repeat(9_000)}`), notCanonical],
    ['another case', 'CVE-2026-2880', asked('/API/v1/me'), unknown],
    ['a slash at the end', 'CVE-2026-33808', asked('/api/v1/me/'), unknown],
    ['full-width dots', 'Unicode TR 36', asked('/api/v1/%ef%bc%8e%ef%bc%8e/me'), unknown],
    ['a file extension', 'web cache deception', asked('/api/v1/me.css'), unknown],
  ])
}
