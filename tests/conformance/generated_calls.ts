// Calls by openapi-fetch with the types of openapi-typescript: `node generated_calls.js URL TOKEN`.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

declare const process: { argv: string[] };

const [url, token] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });
const day = "2026-01-05";

// The body of a good answer; what the types say of it is what the code below relies on.
async function good<T>(name: string, call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  console.log(name, response.status);
  if (error !== undefined) throw new Error(`${name}: ${JSON.stringify(error)}`);
  return data as T;
}

function require(holds: boolean, words: string): void {
  if (!holds) throw new Error(words);
}

const me = await good("getMe", api.GET("/v1/me"));
require(me.name.length > 0, "name");
const goal = await good("createGoal", api.POST("/v1/goals", { body: { title: "Save", category: "finance" } }));
const page = await good("listGoals", api.GET("/v1/goals", { params: { query: { updated_since: goal.updated_at } } }));
require(page.items.length === 1 && page.items[0].id === goal.id, "listed");
const one = { path: { id: goal.id } };
const ifMatch = (version: number) => ({ "If-Match": `"v${version}"` });
const changed = await good("updateGoal", api.PATCH("/v1/goals/{id}", {
  params: { ...one, header: ifMatch(goal.version) },
  body: { title: "Save more", target_date: day },
}));
require(changed.version === 2, "changed");
require((await good("getGoal", api.GET("/v1/goals/{id}", { params: one }))).target_date === day, "date");
const point = { path: { id: goal.id, point: goal.id.replace("gol_", "pnt_") } };
await good("setGoalPoint", api.PUT("/v1/goals/{id}/progress/{point}", { params: point, body: { value: 0.5 } }));
require((await good("listGoalPoints", api.GET("/v1/goals/{id}/progress", { params: one }))).items[0].value === 0.5, "points");
require((await good("getGoalStats", api.GET("/v1/goals/stats"))).overview.total === 1, "stats");
const habit = await good("createHabit", api.POST("/v1/habits", {
  body: { name: "Drink", starts_on: day, measure: { type: "amount", target: 2.5, unit: "l" } },
}));
require(habit.measure.type === "amount" && habit.measure.target === 2.5, "measure");
const weekly = await good("updateHabit", api.PATCH("/v1/habits/{id}", {
  params: { path: { id: habit.id }, header: ifMatch(habit.version) },
  body: { schedule: { type: "weekdays", days: [1, 3] } },
}));
require(weekly.schedule.type === "weekdays" && weekly.schedule.days.length === 2, "schedule");
await good("setHabitEntry", api.PUT("/v1/habits/{id}/entries/{local_date}", {
  params: { path: { id: habit.id, local_date: day } },
  body: { value: 2.5 },
}));
const ofHabit = { path: { id: habit.id } };
require((await good("listHabitEntries", api.GET("/v1/habits/{id}/entries", { params: { ...ofHabit, query: { from: day } } }))).items.length === 1, "entries");
require((await good("getHabitStreak", api.GET("/v1/habits/{id}/streak", { params: ofHabit }))).habit === habit.id, "streak");
require((await good("getHabitAnalytics", api.GET("/v1/habits/{id}/analytics", { params: { ...ofHabit, query: { from: day } } }))).first === day, "analytics");
const task = await good("createTask", api.POST("/v1/tasks", { body: { title: "Call" } }));
require((await good("completeTask", api.PUT("/v1/tasks/{id}/done", { params: { path: { id: task.id } } }))).completed_at !== undefined, "completed");
await good("createMood", api.POST("/v1/moods", { body: { level: 4 } }));
require((await good("getMoodStats", api.GET("/v1/moods/stats"))).n === 1, "moods");
await good("createJournalEntry", api.POST("/v1/journal", { body: { text: "A long walk" } }));
require((await good("searchJournalEntries", api.GET("/v1/journal/search", { params: { query: { q: "walk" } } }))).items.length === 1, "found");
const events = await good("listEvents", api.GET("/v1/events", { params: { query: { since: "0" } } }));
const first = events[0]; // of a page, or a letter of a stream
require(typeof first !== "string" && first.t === "ev" && first.seq === 1, "events");
await good("deleteGoal", api.DELETE("/v1/goals/{id}", { params: one }));
const gone = await api.GET("/v1/goals/{id}", { params: one });
console.log("getGoal", gone.response.status);
require(gone.error?.code === "not_found", "refused");
