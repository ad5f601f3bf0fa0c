// Everything is in the page: no asset can be missing, wherever it is mounted.
const style = `
  :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #f6f7f9; --card: #fff; --line: #dfe3e9; --accent: #1f5fd0 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e9ee; --soft: #98a3b3; --paper: #14181e; --card: #1c222b; --line: #303945; --accent: #7fb0ff }
  }
  * { box-sizing: border-box }
  body { margin: 0 auto; max-width: 44rem; padding: 2.5rem 1.25rem; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
  h1 { margin: 0 0 .25rem; font-size: 1.7rem; line-height: 1.2 }
  h2 { margin: 0 0 .5rem; font-size: 1.05rem }
  p { margin: .4rem 0 }
  a { color: var(--accent) }
  code, pre, output { font-family: ui-monospace, monospace; font-size: .9em }
  pre { margin: .6rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
  section { margin-top: 1.25rem; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
  form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 0 }
  label { display: grid; gap: .2rem; flex: 1 1 12rem; color: var(--soft); font-size: .9rem }
  input, button { padding: .5rem .7rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--paper); color: var(--ink); font: inherit; font-size: 1rem }
  button { border-color: var(--accent); background: var(--accent); color: var(--card); cursor: pointer }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0 }
  dt { color: var(--soft) }
  dd { margin: 0 }
  .soft { color: var(--soft) }
  .bad { color: #c0362c }
  @media (prefers-color-scheme: dark) { .bad { color: #ff8f85 } }`

/** The type of what `renderPage` makes. */
export const htmlType = 'text/html; charset=utf-8'

/**
 * A whole HTML document in the look of the examples.
 * @param title - plain text
 * @param body - HTML; what comes from a user in it is escaped by the caller
 * @param ownStyle - CSS of this page alone
 */
export function renderPage (title: string, body: string, ownStyle = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}${ownStyle}
</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** Text that may stand in an element or in a quoted attribute. */
export function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
