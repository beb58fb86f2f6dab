// The webview's page: a frame with nothing in it. Its policy lets one script and one style sheet of ours run, by
// a nonce, and nothing else: no inline style, no network, whatever a study holds. Images are those that the page itself
// holds, for figures that are saved as PNG. The controls' library looks for the nonce in the head.

import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';
import { forHtml } from '../../guard/text/for-html.ts';

export function dashboardPage(webview: Webview, dist: Uri, title: string): string {
  const nonce = randomBytes(18).toString('base64url');
  const file = (name: string) => webview.asWebviewUri(Uri.joinPath(dist, name));
  const policy = `default-src 'none'; img-src data:; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${forHtml(title)}</title>
<link rel="stylesheet" nonce="${nonce}" href="${file('dashboard.css')}">
</head>
<body>
<main></main>
<script nonce="${nonce}" src="${file('dashboard.js')}"></script>
</body>
</html>`;
}
