<?php

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Support\Facades\DB;

/** Takes its time, and leaves a mark at its beginning and at its end. */
class SlowJob implements ShouldQueue
{
    use Dispatchable, Queueable;

    private $seconds;

    public function __construct(float $seconds)
    {
        $this->seconds = $seconds;
    }

    public function handle()
    {
        $id = DB::table('ran')->insertGetId(['kind' => 'slow', 'pid' => getmypid(), 'ended' => 0]);
        $end = microtime(true) + $this->seconds;
        // A signal wakes a sleeper early, so one long sleep would not do.
        while (microtime(true) < $end) {
            usleep(50000);
        }
        DB::table('ran')->where('id', $id)->update(['ended' => 1]);
    }
}
