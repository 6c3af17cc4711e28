// Calls by the client that openapi-generator has made for Java: `java GeneratedCalls URL TOKEN`.
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

public class GeneratedCalls {
  static void require(boolean holds, String words) {
    if (!holds) throw new AssertionError(words);
  }

  public static void main(String[] given) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(given[0]);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + given[1]));
    client.setResponseInterceptor(response -> System.out.println(response.request().uri().getPath() + " " + response.statusCode()));
    GoalsApi goals = new GoalsApi(client);
    HabitsApi habits = new HabitsApi(client);
    TasksApi tasks = new TasksApi(client);
    MoodsApi moods = new MoodsApi(client);
    JournalApi journal = new JournalApi(client);
    LocalDate day = LocalDate.of(2026, 1, 5);

    require(new AccountApi(client).getMe(null).getName() != null, "name");
    Goal goal = goals.createGoal(new NewGoal().title("Save").category(NewGoal.CategoryEnum.FINANCE), null);
    GoalPage page = goals.listGoals(10, null, goal.getUpdatedAt(), null, null, null, "finance", null, null, null);
    require(page.getItems().get(0).getId().equals(goal.getId()), "listed");
    GoalPatch patch = new GoalPatch().title("Save more").targetDate(day);
    goal = goals.updateGoal("\"v" + goal.getVersion() + "\"", goal.getId(), patch, null, null);
    require(goals.getGoal(goal.getId(), null, null).getTargetDate().equals(day), "changed");
    String point = goal.getId().replace("gol_", "pnt_");
    goals.setGoalPoint(goal.getId(), point, new GoalPointDraft().value(new BigDecimal("0.5")), null, null, null, null);
    require(goals.listGoalPoints(goal.getId(), null, null, null, null).getItems().size() == 1, "points");
    require(goals.getGoalStats(null).getOverview().getTotal() == 1, "stats");
    AmountMeasureInput amount = new AmountMeasureInput().type(AmountMeasureInput.TypeEnum.AMOUNT).target(new BigDecimal("2.5")).unit("l");
    Habit habit = habits.createHabit(new NewHabit().name("Drink").startsOn(day).measure(new NewHabitMeasure(amount)), null);
    require(habit.getMeasure().getActualInstance() instanceof AmountMeasure, "measure");
    HabitPatchSchedule schedule = new HabitPatchSchedule().type(HabitPatchSchedule.TypeEnum.PER_WEEK);
    schedule.setTimes(new HabitPatchScheduleTimes(3));
    HabitPatch weekly = new HabitPatch().schedule(schedule);
    habit = habits.updateHabit("\"v" + habit.getVersion() + "\"", habit.getId(), weekly, null, null);
    require(habit.getSchedule().getActualInstance() instanceof WeeklySchedule, "schedule");
    habits.setHabitEntry(habit.getId(), day, new HabitEntryDraft().value(new BigDecimal("2.5")), null, null, null, null);
    require(habits.listHabitEntries(habit.getId(), null, null, day, null).getItems().size() == 1, "entries");
    require(habits.getHabitStreak(habit.getId(), null, null).getHabit().equals(habit.getId()), "streak");
    require(habits.getHabitAnalytics(habit.getId(), day, null).getFirst().equals(day), "analytics");
    Task task = tasks.createTask(new NewTask().title("Call"), null);
    require(tasks.completeTask(task.getId(), null, null, null, null).getCompletedAt() != null, "completed");
    moods.createMood(new NewMood().level(4), null);
    require(moods.getMoodStats(null, null, null).getN() == 1, "moods");
    journal.createJournalEntry(new NewJournalEntry().text("A long walk"), null);
    require(journal.searchJournalEntries(null, null, null, null, "walk", null, null, null, null, null, null, null).getItems().size() == 1, "found");
    List<ListEvents200ResponseInner> events = new LiveAndSyncApi(client).listEvents("0", null, null, null, null, null, null);
    require(events.get(0).getActualInstance() instanceof Event, "events");
    goals.deleteGoal(goal.getId(), null, null, null, null);
    try {
      goals.getGoal(goal.getId(), null, null);
      throw new AssertionError("a deleted goal is there");
    } catch (ApiException refused) {
      require(refused.getCode() == 404, "refused");
    }
  }
}
