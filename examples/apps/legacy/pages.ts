import { escapeHtml, renderPage } from '../page.ts'

// Links and forms are relative, so the pages work wherever the app is mounted; its redirects and cookies are not.

/** @param user - who is signed in; may be missing */
export function renderHome (user: string | undefined): string {
  const greeting = user === undefined
    ? 'Nobody is signed in. <a href="login">Sign in</a>'
    : `${escapeHtml(user)} is signed in. <a href="account">To the account</a>`
  return renderPage(
    'Legacy',
    `<h1>Legacy</h1>
<p class="soft">An old application. It believes that the whole site is its own.</p>
<section><h2>Account</h2><p>${greeting}</p></section>
<section><h2>What it does to a gateway</h2><dl>
<dt><a href="account">account</a></dt><dd>redirects a stranger to <code>/login</code></dd>
<dt><a href="index.php">index.php</a></dt><dd>redirects to <code>http://</code>, its <code>Host</code> and <code>/</code></dd>
<dt>its cookies</dt><dd>are for <code>/</code> and for <code>/account</code></dd>
</dl></section>`
  )
}

/** @param problem - what was wrong with the last attempt; plain text */
export function renderLogin (problem = ''): string {
  return renderPage('Sign in', `<h1>Sign in</h1>
<p class="soft">As <code>ada</code>, with the password <code>analytical</code>.</p>
<section><form method="post" action="login">
<label>Name <input name="name" value="ada" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>${problem === '' ? '' : `\n<p class="bad" role="alert">${escapeHtml(problem)}</p>`}</section>
<p><a href="./">Back</a></p>`)
}

/** @param lastVisit - the value of the cookie of `/account`, so anything */
export function renderAccount (user: string, lastVisit: string | undefined): string {
  return renderPage('Account', `<h1>Account of ${escapeHtml(user)}</h1>
<section><dl>
<dt>Name</dt><dd>${escapeHtml(user)}</dd>
<dt>Last visit</dt><dd>${escapeHtml(lastVisit ?? 'this is the first')}</dd>
</dl></section>
<section><form method="post" action="logout"><button>Sign out</button></form></section>
<p><a href="./">Back</a></p>`)
}
