// The page's one script: it redraws what changed and turns presses into requests. All markup comes from the server.
const app = document.querySelector('#app');
const confirmDialog = document.querySelector('#confirm');
const lists = () => [...app.querySelectorAll('.messages')];
let drawing = null;
/** What is to have the focus once the page that was asked for is there. */
let wanted = null;

/** Make `from` look like `to`, keeping every element that is still there, with its focus and what was typed. */
function morph(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== 'open' && name !== 'aria-busy') from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  const keyOf = (node) => node?.dataset?.key;
  const wantedKeys = [...to.children].map(keyOf);
  for (const child of [...from.children]) if (keyOf(child) && !wantedKeys.includes(keyOf(child))) drop(child);
  const keyed = new Map([...from.children].map((child) => [keyOf(child), child]));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const present = keyOf(wanted) ? keyed.get(keyOf(wanted)) : keyOf(at) ? null : at;
    if (present?.nodeName !== wanted.nodeName) {
      from.insertBefore(wanted, at);
      continue;
    }
    if (present === at) at = at.nextSibling;
    else from.insertBefore(present, at);
    if (present.nodeType === Node.ELEMENT_NODE) morph(present, wanted);
    else if (present.nodeValue !== wanted.nodeValue) present.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    drop(gone);
  }
}

function drop(node) {
  // Closing it first gives the focus back to what opened it.
  if (node.nodeName === 'DIALOG') node.close();
  node.remove();
}

/** Fetch this address again and show it. Calls that come meanwhile share one more time. */
function draw() {
  if (drawing) {
    drawing.again = true;
    return drawing.done;
  }
  const { href } = location;
  drawing = { again: false };
  drawing.done = fetch(href)
    .then((answer) => answer.text())
    // Whoever went elsewhere meanwhile must not see where they were.
    .then((text) => href === location.href && show(new DOMParser().parseFromString(text, 'text/html')))
    .catch(lost)
    .then(() => {
      const { again } = drawing;
      drawing = null;
      return again ? draw() : undefined;
    });
  return drawing.done;
}

/** The first line of each card, by its message. */
function headings() {
  const found = [...app.querySelectorAll('main .message .header')];
  return new Map(found.map((heading) => [heading.closest('.message').dataset.key, heading.textContent]));
}

function show(page) {
  const before = headings();
  const atEnd = lists().filter((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80);
  const held = document.activeElement?.closest('.message');
  morph(app, page.querySelector('#app'));
  document.title = page.title;
  app.querySelector('#person').value = app.dataset.user;
  toEnd(atEnd);
  // The log tells a screen reader of new messages only; a card that became another one is news as well.
  const news = [...headings()].filter(([key, text]) => before.has(key) && before.get(key) !== text);
  if (news.length > 0) document.querySelector('#news').textContent = news.map(([, text]) => text).join('. ');
  // What had the focus is gone: stay at its message.
  if (document.activeElement === document.body && held?.isConnected) held.focus();
  if (wanted !== null) arrive(wanted);
  for (const dialog of app.querySelectorAll('dialog:not([open])')) dialog.showModal();
}

function lost() {
  document.querySelector('#lost').hidden = false;
}

function toEnd(these) {
  for (const list of these) list.scrollTo(0, list.scrollHeight);
}

function go(href, focus) {
  history.pushState(null, '', href);
  wanted = focus;
  draw();
}

function arrive(focus) {
  wanted = null;
  toEnd(lists());
  (document.getElementById(focus) ?? app.querySelector(`[data-key="${focus}"]`))?.focus();
}

async function send(element, path, body) {
  if (element.getAttribute('aria-busy')) return;
  element.setAttribute('aria-busy', 'true');
  const headers = { 'content-type': 'application/json' };
  // The one who is chosen, also while their page is not there yet.
  const user = app.querySelector('#person').value;
  await fetch(path, { method: 'POST', headers, body: JSON.stringify({ user, ...body }) }).catch(lost);
  element.removeAttribute('aria-busy');
  await draw();
}

/** Ask first where the element says so; then press it. */
async function press(element, value) {
  const question = element.querySelector('template') ?? element.parentElement.querySelector(':scope > template');
  element.closest('details')?.querySelector('summary').focus();
  closeMenus(null);
  if (question) {
    confirmDialog.replaceChildren(question.content.cloneNode(true));
    confirmDialog.returnValue = '';
    confirmDialog.showModal();
    await new Promise((resolve) => confirmDialog.addEventListener('close', resolve, { once: true }));
    if (confirmDialog.returnValue !== 'confirm') return;
  }
  await send(element, '/api/click', { ts: element.dataset.of, actionId: element.dataset.act, value });
}

function closeMenus(target) {
  for (const menu of app.querySelectorAll('details[open]')) if (!menu.contains(target)) menu.open = false;
}

app.addEventListener('click', (event) => {
  closeMenus(event.target);
  const link = event.target.closest('a[data-soft]');
  const button = event.target.closest('button[data-act]');
  if (button) press(button, button.dataset.value);
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(link.href, link.dataset.focus);
});

app.addEventListener('change', async ({ target }) => {
  if (target.id === 'person') {
    const address = new URL(location.href);
    address.searchParams.set('user', target.value);
    go(address.href, 'person');
  } else if (target.dataset.act && target.value) {
    await press(target, target.value);
    target.value = '';
  }
});

app.addEventListener('submit', async (event) => {
  if (event.submitter?.formMethod === 'dialog') return;
  event.preventDefault();
  const form = event.target;
  const filled = new FormData(form);
  if (form.matches('.composer')) {
    form.reset();
    const where = { channel: app.dataset.channel, threadTs: form.dataset.thread || undefined };
    return send(form, '/api/say', { ...where, text: filled.get('text') });
  }
  const values = Object.fromEntries([...filled.keys()].map((name) => [name, filled.getAll(name)]));
  await send(form, '/api/submit', { viewId: form.parentElement.dataset.view, values });
  form.querySelector('[aria-invalid]')?.focus();
});

// The cross, Cancel and Escape. From a modal that the server took away the event does not get here.
app.addEventListener('close', ({ target }) => send(target, '/api/close', { viewId: target.dataset.view }), true);
window.addEventListener('popstate', draw);
const changes = new EventSource('/events');
changes.onmessage = draw;
changes.onerror = lost;
toEnd(lists());
for (const dialog of app.querySelectorAll('dialog')) dialog.showModal();
