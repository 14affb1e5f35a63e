// The page's one script: it redraws what changed and turns presses into requests. All markup comes from the server.
const app = document.querySelector('#app');
const confirmDialog = document.querySelector('#confirm');
const all = (selector) => [...app.querySelectorAll(selector)];
let drawing = null;

/** Make `from` look like `to`, keeping every element that is still there, with its focus and what was typed. */
function morph(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== 'open' && name !== 'aria-busy') from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  const keyed = new Map([...from.children].flatMap((child) => (child.dataset.key ? [[child.dataset.key, child]] : [])));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const present = wanted.dataset?.key ? keyed.get(wanted.dataset.key) : at?.dataset?.key ? null : at;
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
    // Closing it first gives the focus back to what opened it.
    if (gone.nodeName === 'DIALOG') gone.close();
    gone.remove();
  }
}

/** Fetch this address again and show it. While that lasts, further calls only ask for one more time. */
async function draw() {
  if (drawing) {
    drawing.again = true;
    return drawing.done;
  }
  const mine = { again: true };
  drawing = mine;
  mine.done = (async () => {
    while (mine.again) {
      mine.again = false;
      const page = await (await fetch(location.href)).text();
      show(new DOMParser().parseFromString(page, 'text/html'));
    }
  })().finally(() => {
    drawing = null;
  });
  return mine.done;
}

function show(page) {
  const atEnd = all('.messages').filter((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80);
  const held = document.activeElement?.closest('.message');
  morph(app, page.querySelector('#app'));
  document.title = page.title;
  app.querySelector('#person').value = app.dataset.user;
  toEnd(atEnd);
  // What had the focus is gone: stay at its message.
  if (document.activeElement === document.body && held?.isConnected) held.focus();
  for (const dialog of all('dialog:not([open])')) dialog.showModal();
}

function toEnd(lists = all('.messages')) {
  for (const list of lists) list.scrollTo(0, list.scrollHeight);
}

async function go(href, focus) {
  history.pushState(null, '', href);
  await draw();
  toEnd();
  (document.getElementById(focus) ?? app.querySelector(`[data-key="${focus}"]`))?.focus();
}

async function send(element, path, body) {
  if (element.getAttribute('aria-busy')) return;
  element.setAttribute('aria-busy', 'true');
  const headers = { 'content-type': 'application/json' };
  const text = JSON.stringify({ user: app.dataset.user, ...body });
  await fetch(path, { method: 'POST', headers, body: text }).finally(() => element.removeAttribute('aria-busy'));
  await draw();
}

/** Ask first where the element says so; then press it. */
async function act(element, value) {
  const question = element.querySelector('template') ?? element.parentElement.querySelector(':scope > template');
  if (question && !(await isConfirmed(question))) return;
  await send(element, '/api/click', { ts: element.dataset.of, actionId: element.dataset.act, value });
}

function isConfirmed(question) {
  confirmDialog.replaceChildren(question.content.cloneNode(true));
  confirmDialog.returnValue = '';
  confirmDialog.showModal();
  return new Promise((resolve) => {
    confirmDialog.onclick = ({ target }) =>
      target.closest('button') && confirmDialog.close(target.closest('button').value);
    confirmDialog.onclose = () => resolve(confirmDialog.returnValue === 'confirm');
  });
}

const closeView = (dialog) => send(dialog, '/api/close', { viewId: dialog.dataset.view });

app.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-soft]');
  const button = event.target.closest('button');
  const menu = event.target.closest('summary')?.parentElement;
  for (const open of all('details[open]')) if (open !== menu) open.open = false;
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    go(link.href, link.dataset.focus);
  } else if (button?.dataset.act) act(button, button.dataset.value);
  else if (button?.hasAttribute('data-close')) closeView(button.closest('dialog'));
});

app.addEventListener('change', async ({ target }) => {
  if (target.id === 'person') {
    const address = new URL(location.href);
    address.searchParams.set('user', target.value);
    go(address.href, 'person');
  } else if (target.dataset.act && target.value) {
    await act(target, target.value);
    target.value = '';
  }
});

app.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const filled = new FormData(form);
  if (form.matches('.composer')) {
    const { channel } = app.dataset;
    const threadTs = form.dataset.thread || undefined;
    form.reset();
    return send(form, '/api/say', { channel, threadTs, text: filled.get('text') });
  }
  const isList = (name) => form.querySelector(`[type=checkbox][name="${CSS.escape(name)}"]`);
  const entries = [...filled.keys()].map((name) => [name, isList(name) ? filled.getAll(name) : filled.get(name)]);
  await send(form, '/api/submit', { viewId: form.parentElement.dataset.view, values: Object.fromEntries(entries) });
  form.querySelector('[aria-invalid]')?.focus();
});

// Escape closes a menu; a modal is closed by the server, so that the app hears of it.
app.addEventListener('keydown', (event) => {
  const menu = event.target.closest('details[open]');
  if (event.key !== 'Escape' || !menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});
app.addEventListener(
  'cancel',
  (event) => {
    event.preventDefault();
    closeView(event.target);
  },
  true,
);

window.addEventListener('popstate', draw);
const changes = new EventSource('/events');
const lost = (isLost) => {
  document.querySelector('#lost').hidden = !isLost;
};
changes.onmessage = () => draw().then(() => lost(false));
changes.onerror = () => lost(true);
toEnd();
for (const dialog of all('dialog')) dialog.showModal();
