/* A consultation, live. Without this script the page still shows everything and sends by form. */
import { Chat } from "./chat/chat.js";
import { leaveNotice } from "./lib/notices.js";
import { showLine } from "./live/line.js";
import { Outbox } from "./live/outbox.js";
import { joinIn } from "./live/person.js";
import { Socket } from "./live/socket.js";
import "./room/clock.js";
import "./room/colours.js";
import "./room/panes.js";
import "./room/people.js";
import { hideRoom } from "./room/signedout.js";

const page = document.querySelector("[data-room]");
const socket = new Socket();
const outbox = new Outbox(socket, page.dataset.me);
const own = joinIn(socket, page.dataset.me);

/** Tell panels that something changed, together for events that come together. */
const due = new Map();
function announce(name) {
  clearTimeout(due.get(name));
  due.set(name, setTimeout(() => document.body.dispatchEvent(new CustomEvent(name)), 80));
}

const PEOPLE = new Set(["ParticipantAdded", "ParticipantRoleChanged", "ParticipantRemoved", "ParticipantEntered", "ParticipantWentAway"]);
const ENDS = new Set(["RoomStarted", "RoomCompleted", "RoomCancelled"]);

function receive(event) {
  if (PEOPLE.has(event.name)) announce("people:changed");
  if (PEOPLE.has(event.name) && event.name !== "ParticipantEntered" && event.name !== "ParticipantWentAway") announce("room:changed");
  if (event.name.startsWith("Invitation")) announce("people:changed");
  if (event.name.startsWith("Agenda")) {
    announce("room:changed");
    // An editor under somebody's hands is not replaced; its own answers keep it up to date.
    if (!document.activeElement?.closest("[data-stage=agenda]")) announce("agenda:changed");
  }
  if (event.name === "RoomChanged") announce("room:changed");
  // The whole page differs in these states: what may be done, the composer, the dialogs.
  if (ENDS.has(event.name)) reloadQuietly();
  const mine = event.data.user_id === page.dataset.me;
  if (mine && event.name === "ParticipantRoleChanged") reloadQuietly();
}

/** Draft, pending messages and scroll place are kept, so a reload loses nothing. */
function reloadQuietly() {
  setTimeout(() => location.reload(), 150);
}

const names = new Map();
function nameOf(userId) {
  const known = document.querySelector(`[data-author="${userId}"]`)?.dataset.authorName ?? names.get(userId);
  return known ?? document.querySelector(`[data-person="${userId}"]`)?.dataset.personName ?? "Somebody";
}

socket.follow(`room:${page.dataset.room}`, Number(page.dataset.roomHead), receive);
const chat = new Chat(document.querySelector("[data-chat]"), { socket, outbox, own, name: nameOf });

socket.addEventListener("presence", ({ detail }) => detail.stream && announce("people:changed"));
socket.addEventListener("revoked", () => {
  leaveNotice(`You no longer take part in “${page.dataset.name}”.`);
  location.assign("/");
});
socket.addEventListener("rewound", () => location.reload());

// What surrounds it -------------------------------------------------------------------------------
let isSignedOut = false;
showLine(socket, outbox, () => {
  isSignedOut = true;
  hideRoom(page, chat);
});

// The phone's bar says what was not seen in the chat.
document.addEventListener("chat:unseen", ({ detail }) => {
  if (isSignedOut) return;
  const count = document.querySelector("[data-chat-count]");
  count.hidden = !detail;
  count.textContent = detail;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (detail) document.title = `(${detail}) ${document.title}`;
});
