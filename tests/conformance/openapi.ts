// What somebody writes who has only the types: it compiles, or the description has lost something.
import type { components, operations, paths } from "./api";

type Goal = components["schemas"]["Goal"];
type HabitPatch = components["schemas"]["HabitPatch"];
type Problem = components["schemas"]["Problem"];

const draft: operations["createGoal"]["requestBody"]["content"]["application/json"] = { title: "Run", category: "health" };

const patch: HabitPatch = { question: null, schedule: { type: "weekdays", days: [1, 3], times: null } };

type Answer = paths["/v1/goals/{id}"]["get"]["responses"];
const shown: Answer[200]["content"]["application/json"] extends Goal ? true : false = true;
const refused: Answer[404]["content"]["application/problem+json"] extends Problem ? true : false = true;

function describe(habit: components["schemas"]["Habit"]): string {
  return habit.measure.type === "amount" ? `${habit.measure.target} ${habit.measure.unit}` : habit.name;
}

const batch: components["schemas"]["Mutation"][] = [
  { t: "mut", id: "01a20c66-99df-75bd-8f37-3328887fd981", op: "POST", path: "/v1/goals", body: draft },
  { t: "mut", id: "01a20c66-99df-75bd-8f37-3328887fd982", op: "DELETE", path: "/v1/goals/gol_1", base: 1 },
];

export { batch, describe, patch, refused, shown };
