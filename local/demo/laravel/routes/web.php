<?php

use App\Http\HealthController;
use Illuminate\Support\Facades\Route;

Route::get('/health', [HealthController::class, 'show']);
Route::get('/leak', [HealthController::class, 'leak']);
